export default function ({ parentElement, data, setTriggerValue }) {
  let strip = parentElement.querySelector("[role=group]");
  const before = strip ? strip.scrollLeft : 0;
  if (!strip) {
    strip = document.createElement("div");
    strip.setAttribute("role", "group");
    parentElement.appendChild(strip);
  }
  const focused = [...strip.children].indexOf(parentElement.getRootNode().activeElement);
  strip.setAttribute("aria-label", data.label);
  strip.replaceChildren(
    ...data.stages.map((stage) => {
      const button = document.createElement("button");
      const picture = document.createElement("img");
      picture.src = stage.picture;
      picture.alt = "";
      picture.className = stage.bars ? "bars" : "maps";
      const name = document.createElement("b");
      name.textContent = stage.name;
      const shape = document.createElement("span");
      shape.textContent = stage.shape;
      button.append(picture, name, shape);
      button.setAttribute("aria-pressed", String(stage.name === data.chosen));
      button.onclick = () => setTriggerValue("stage", stage.name);
      return button;
    }),
  );
  strip.children[focused]?.focus({ preventScroll: true });
  strip.scrollLeft = before;
  const chosen = strip.querySelector("[aria-pressed=true]");
  if (
    chosen &&
    (chosen.offsetLeft < strip.scrollLeft ||
      chosen.offsetLeft + chosen.offsetWidth > strip.scrollLeft + strip.clientWidth)
  ) {
    strip.scrollLeft = chosen.offsetLeft - strip.clientWidth / 2;
  }
}
