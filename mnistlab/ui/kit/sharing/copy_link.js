// A button that copies the link to what the page shows, and says what that is.
export default function ({ parentElement, data, setTriggerValue }) {
  let place = parentElement.querySelector(".copy-link");
  if (!place) place = parentElement.appendChild(copyLink());
  const [button, status, address] = place.children;
  button.title = data.label;
  button.lastElementChild.textContent = data.label;
  button.onclick = async () => {
    const link = linkOf(data.complete);
    if (await copied(link)) {
      address.hidden = true;
      setTriggerValue("copied", Date.now()); // the server knows in which words
      return;
    }
    address.hidden = false;
    address.value = link;
    address.setAttribute("aria-label", data.label);
    address.select();
    say(status, data.by_hand);
  };
  if (data.said) say(status, data.said);
}

function copyLink() {
  const place = document.createElement("div");
  place.className = "copy-link";
  place.innerHTML = `
    <button><svg viewBox="0 0 24 24" aria-hidden="true"><path d="M10 14a4.5 4.5 0 0 0 6.4 0l3-3a4.5
      4.5 0 0 0-6.4-6.4l-1 1M14 10a4.5 4.5 0 0 0-6.4 0l-3 3a4.5 4.5 0 0 0 6.4 6.4l1-1"/></svg><span>
      </span></button>
    <span role="status" aria-live="polite"></span>
    <input readonly hidden>`;
  return place;
}

async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copiedBySelection(text); // without https there is no clipboard, or it is not allowed
  }
}

function copiedBySelection(text) {
  const before = document.activeElement;
  const field = document.createElement("textarea");
  field.value = text;
  field.style.cssText = "position:fixed;opacity:0";
  document.body.append(field);
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  const root = before?.shadowRoot;
  (root?.querySelector("button") ?? before)?.focus({ preventScroll: true });
  return done;
}

function say(status, text) {
  status.textContent = text;
  clearTimeout(status.timer);
  status.timer = setTimeout(() => (status.textContent = ""), SHOWN);
}

const SHOWN = 20000; // ms: long enough to read what was copied
