export default function ({ parentElement, data, setTriggerValue }) {
  let group = parentElement.querySelector("[role=group]");
  if (!group) {
    group = document.createElement("div");
    group.setAttribute("role", "group");
    parentElement.appendChild(group);
  }
  const focused = parentElement.getRootNode().activeElement?.dataset.image;
  group.setAttribute("aria-label", data.label);
  group.replaceChildren(
    ...data.cards.map((card) => {
      const button = document.createElement("button");
      const picture = document.createElement("img");
      picture.src = card.picture;
      picture.alt = card.name;
      const track = document.createElement("i");
      const bar = document.createElement("em");
      bar.className = card.share < 0 ? "below" : "above";
      bar.style.width = `${50 * Math.abs(card.share)}%`;
      track.append(bar);
      const value = document.createElement("b");
      value.textContent = card.value;
      const note = document.createElement("span");
      note.textContent = card.note;
      button.append(picture, track, value, note);
      button.dataset.image = card.image;
      button.disabled = data.disabled;
      button.setAttribute("aria-pressed", String(card.image === data.chosen));
      button.onclick = () => setTriggerValue("image", card.image);
      return button;
    }),
  );
  if (focused !== undefined) group.querySelector(`[data-image="${focused}"]`)?.focus();
}
