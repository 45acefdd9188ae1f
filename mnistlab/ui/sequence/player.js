// Plays a training window by window. Everything was computed and sent beforehand; only positions on
// the screen are computed here.
const SVG = "http://www.w3.org/2000/svg";
const IN_VIEW = 4; // windows
const PER_SECOND = 6; // windows
const WAVES = { height: 230, top: 6, bottom: 26, left: 40, right: 12 };
const LOSSES = { height: 170, top: 26, bottom: 38, left: 40, right: 12 };

export default function ({ parentElement, data }) {
  const before = parentElement.player;
  if (before?.key !== data.key) {
    // else drawn anew by Streamlit, but the same training: it goes on playing
    before?.stop();
    parentElement.player = player(parentElement, data);
  }
  return () => parentElement.player.stop();
}

function player(parent, data) {
  let root = parent.querySelector(".player");
  if (!root) {
    root = document.createElement("div");
    root.className = "player";
    parent.appendChild(root);
  }
  const waves = element("svg", { role: "img" });
  const losses = element("svg", { role: "img" });
  const button = document.createElement("button");
  const slider = document.createElement("input");
  const status = document.createElement("output");
  const controls = document.createElement("div");
  const last = data.losses.length - 1;
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  let place = calm ? last : 0; // the window shown; a fraction while it plays
  let playing = !calm && last > 0;
  let previous = null; // time of the last frame, ms

  controls.className = "controls";
  slider.type = "range";
  Object.assign(slider, { min: 1, max: last + 1, step: 1, ariaLabel: data.words.window });
  controls.append(button, slider, status);
  root.replaceChildren(controls, legend(data), waves, losses);
  button.onclick = () => {
    if (!playing && place >= last) place = 0;
    playing = !playing;
    previous = null;
    draw();
    if (playing) requestAnimationFrame(tick);
  };
  slider.oninput = () => {
    playing = false;
    place = Number(slider.value) - 1;
    draw();
  };

  function draw() {
    const shown = Math.min(last, Math.floor(place));
    button.textContent = playing ? data.words.pause : data.words.play;
    button.hidden = last < 1;
    slider.hidden = last < 1;
    slider.value = shown + 1;
    const { words, windows, losses: values } = data;
    const numbers = { n: shown + 1, count: windows, loss: words.loss, value: values[shown].toFixed(4) };
    const text = words.shown.replace(/{(\w+)}/g, (_, name) => numbers[name]);
    status.textContent = text;
    slider.setAttribute("aria-valuetext", text);
    const width = Math.max(260, root.clientWidth);
    drawWaves(
      waves,
      data,
      shown,
      Math.max(0, Math.min(place, data.windows - 1) - IN_VIEW + 1),
      width,
    );
    drawLosses(losses, data, shown, width);
  }

  function tick(now) {
    if (!playing || !root.isConnected) return;
    if (previous !== null) place = Math.min(last, place + ((now - previous) / 1000) * PER_SECOND);
    previous = now;
    if (place >= last) playing = false;
    draw();
    if (playing) requestAnimationFrame(tick);
  }

  const watcher = new ResizeObserver(() => draw());
  watcher.observe(root);
  draw();
  if (playing) requestAnimationFrame(tick);
  return {
    key: data.key,
    stop() {
      playing = false;
      watcher.disconnect();
    },
  };
}

function drawWaves(svg, data, shown, first, width) {
  const { height, top, bottom, left, right } = WAVES;
  const steps = data.steps;
  // step: counted over all windows
  const x = (step) => left + ((step / steps - first) / IN_VIEW) * (width - left - right);
  const y = (value) =>
    top + ((1.35 - Math.max(-1.35, Math.min(1.35, value))) / 2.7) * (height - top - bottom);
  const parts = frame(svg, width, height);
  for (const value of [-1, 0, 1]) parts.push(...level(value, y(value), width, WAVES));
  const inside = element("svg", {
    x: left,
    y: 0,
    width: width - left - right,
    height,
    viewBox: `${left} 0 ${width - left - right} ${height}`,
  });
  inside.append(
    element("rect", {
      x: x(shown * steps),
      y: top,
      width: x(steps) - x(0),
      height: height - top - bottom,
      class: "now",
    }),
  );
  const from = Math.max(0, Math.floor(first) * steps - 1);
  const until = (shown + 1) * steps;
  for (const name of ["input", "target", "prediction"]) {
    const values = data[name].slice(from, until);
    const points = values
      .map((value, index) => `${x(from + index).toFixed(1)},${y(value).toFixed(1)}`)
      .join(" ");
    inside.append(element("polyline", { points, stroke: data.colors[name], class: name }));
  }
  for (let window = Math.ceil(first); window <= first + IN_VIEW; window += 1) {
    if (window > data.windows) break;
    inside.append(
      element("line", {
        x1: x(window * steps),
        x2: x(window * steps),
        y1: top,
        y2: height - bottom,
        class: "border",
      }),
    );
    const anchor = window === Math.ceil(first) ? "start" : "middle";
    parts.push(
      element(
        "text",
        { x: x(window * steps), y: height - 8, "text-anchor": anchor },
        data.ticks[window],
      ),
    );
  }
  parts.push(inside);
  svg.setAttribute("aria-label", data.words.waves);
  svg.replaceChildren(...parts);
}

function drawLosses(svg, data, shown, width) {
  const { height, top, bottom, left, right } = LOSSES;
  const exponents = data.losses.map((loss) => Math.log10(Math.max(loss, 1e-6)));
  const low = Math.floor(Math.min(...exponents, -1, data.floor > 0 ? Math.log10(data.floor) : 0));
  const high = Math.ceil(Math.max(...exponents, 0));
  const x = (window) => left + (window / Math.max(1, data.windows - 1)) * (width - left - right);
  const y = (exponent) => top + ((high - exponent) / (high - low)) * (height - top - bottom);
  const parts = frame(svg, width, height);
  for (let exponent = low; exponent <= high; exponent += 1)
    parts.push(...level(String(10 ** exponent), y(exponent), width, LOSSES));
  if (data.floor > 0) {
    const at = y(Math.log10(data.floor));
    parts.push(element("line", { x1: left, x2: width - right, y1: at, y2: at, class: "floor" }));
    parts.push(
      element("text", { x: width - right, y: at - 5, "text-anchor": "end" }, data.words.floor),
    );
  }
  const points = exponents
    .slice(0, shown + 1)
    .map((exponent, window) => `${x(window).toFixed(1)},${y(exponent).toFixed(1)}`);
  parts.push(
    element("polyline", {
      points: points.join(" "),
      stroke: data.colors.prediction,
      class: "prediction",
    }),
  );
  parts.push(
    element("circle", {
      cx: x(shown),
      cy: y(exponents[shown]),
      r: 4,
      fill: data.colors.prediction,
    }),
  );
  for (const share of [0, 0.25, 0.5, 0.75, 1]) {
    const window = Math.round(share * (data.windows - 1));
    const anchor = share === 0 ? "start" : share === 1 ? "end" : "middle";
    parts.push(
      element("text", { x: x(window), y: height - 20, "text-anchor": anchor }, String(window + 1)),
    );
  }
  parts.push(
    element(
      "text",
      { x: (width + left) / 2, y: height - 4, "text-anchor": "middle" },
      data.words.window,
    ),
  );
  parts.push(element("text", { x: left, y: 14, class: "title" }, data.words.loss));
  svg.setAttribute("aria-label", data.words.losses);
  svg.replaceChildren(...parts);
}

function legend(data) {
  const names = document.createElement("div");
  names.className = "legend";
  for (const name of ["input", "target", "prediction"]) {
    const entry = document.createElement("span");
    entry.style.setProperty("--line", data.colors[name]);
    entry.textContent = data.words[name];
    names.append(entry);
  }
  return names;
}

function frame(svg, width, height) {
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  svg.setAttribute("height", height);
  return [];
}

function level(label, y, width, { left, right }) {
  return [
    element("line", { x1: left, x2: width - right, y1: y, y2: y, class: "grid" }),
    element("text", { x: left - 6, y: y + 4, "text-anchor": "end" }, String(label)),
  ];
}

function element(name, attributes, text = "") {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.textContent = text;
  return made;
}
