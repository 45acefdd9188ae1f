export default function ({ parentElement, data, setStateValue, setTriggerValue }) {
  let root = parentElement.querySelector("section");
  if (!root) parentElement.append((root = document.createElement("section")));
  root.textContent = data.source;
}
