// Small helpers that all parts of the live network share.
function element(kind, attributes = {}, children = []) {
  const made = document.createElement(kind);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("aria-") || name === "role") made.setAttribute(name, value);
    else made[name] = value;
  }
  made.append(...children);
  return made;
}

function iconButton(path, label, act) {
  const icon = `<svg viewBox="0 0 24 24" aria-hidden="true"><path d="${path}"/></svg>`;
  const made = element("button", { type: "button", title: label, "aria-label": label, onclick: act });
  made.innerHTML = icon;
  return made;
}

// "{n} steps", {n: 24} -> "24 steps"
function filled(template, values) {
  return template.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

// A probability as the pages write it, "{number} %" in the reader's language: never 100 % unless it is.
function percent(share, template) {
  if (!Number.isFinite(share)) return "NaN";
  const said = (number) => filled(template, { number });
  if (share > 0.995 && share < 1) return `> ${said(99)}`;
  if (share > 0 && share < 0.005) return `< ${said(1)}`;
  return said(Math.round(100 * share));
}

function megabytes(bytes) {
  if (bytes < 1e5) return `${Math.max(1, Math.round(bytes / 1e3))} kB`;
  return `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`;
}

function number(value) {
  const text = Number(value.toPrecision(3)).toString();
  return text.replace("-", "−");
}

function fromBase64(text) {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}

function toBase64(bytes) {
  return btoa(String.fromCharCode(...bytes));
}

function argmax(values) {
  let best = 0;
  for (let i = 1; i < values.length; i += 1) if (values[i] > values[best]) best = i;
  return best;
}

// A canvas of `width` x `height` CSS pixels, sharp on every screen; its context measures in CSS pixels.
function fit(canvas, width, height) {
  const ratio = window.devicePixelRatio || 1;
  const [wide, high] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== wide || canvas.height !== high) Object.assign(canvas, { width: wide, height: high });
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  return context;
}

const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
