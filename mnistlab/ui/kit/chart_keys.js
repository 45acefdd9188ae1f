// Arrow keys for every flat Plotly chart of the page: they walk its cells, points or bars, each is
// said, and Enter chooses it. To Plotly, a key is a pointer at that place: what hovering shows is
// what is said, and what a click does, Enter does.
const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const STYLE = `
.chart-keys { position: absolute; inset: 0; pointer-events: none; border-radius: 6px; z-index: 1 }
.chart-keys:focus-visible { outline: 2px solid currentColor; outline-offset: 2px }
.chart-keys i { position: absolute; width: 14px; height: 14px; margin: -9px; display: none;
  border: 2px solid #e000e0; outline: 1px solid #fff }
.chart-keys:focus i { display: block }
.chart-keys-said { position: fixed; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%) }`;

class ChartKeys {
  constructor() {
    this.places = new Map(); // where somebody is, by chart: one that changes is a new element
    this.said = document.createElement("div");
    this.said.className = "chart-keys-said";
    this.said.setAttribute("role", "status");
    const style = document.createElement("style");
    style.textContent = STYLE;
    document.head.append(style);
    document.body.append(this.said);
    // whoever goes elsewhere is not fetched back when their chart is drawn anew
    document.addEventListener("pointerdown", () => (this.left = null), true);
    document.addEventListener("keydown", ({ key }) => key === "Tab" && (this.left = null), true);
    new MutationObserver(() => this.soon()).observe(document.body, { childList: true, subtree: true });
  }

  soon() {
    this.waiting ??= requestAnimationFrame(() => {
      this.waiting = null;
      const charts = [...document.querySelectorAll(".js-plotly-plot")];
      charts.forEach((chart) => this.attach(chart));
      this.back(charts.find((chart) => chart.keys?.isConnected && nameOf(chart) === this.left));
    });
  }

  attach(chart) {
    if (!chart._fullLayout || !chart.on || chart.keys?.isConnected || !traces(chart).length) return;
    const keys = document.createElement("div");
    keys.className = "chart-keys";
    keys.tabIndex = 0;
    keys.setAttribute("role", "application");
    keys.setAttribute("aria-label", this.words.keys);
    keys.append(document.createElement("i"));
    keys.onkeydown = (event) => this.key(chart, event);
    keys.onfocus = () => this.entered(chart);
    keys.onblur = () => pointer(chart, "mouseout", this.at(chart));
    chart.keys = keys;
    chart.style.position = "relative";
    chart.append(keys);
    chart.on("plotly_hover", () => requestAnimationFrame(() => this.tell(chart)));
  }

  // To the chart where somebody was, once the one that it replaces is gone; Streamlit hides it until
  // it has its size.
  back(chart) {
    if (!chart || document.activeElement !== document.body) return;
    chart.keys.focus({ preventScroll: true });
    if (document.activeElement !== chart.keys) this.soon();
  }

  at(chart) {
    const all = marks(chart);
    return all[Math.min(this.places.get(nameOf(chart)) ?? 0, all.length - 1)];
  }

  entered(chart) {
    this.left = nameOf(chart);
    this.go(chart, this.at(chart));
  }

  key(chart, event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const all = marks(chart), now = this.at(chart);
    if (STEPS[event.key]) this.go(chart, neighbour(all, now, STEPS[event.key]));
    else if (event.key === "Home") this.go(chart, all[0]);
    else if (event.key === "End") this.go(chart, all.at(-1));
    else if (event.key === "Enter" || event.key === " ") this.choose(chart, now);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  go(chart, mark) {
    if (!mark) return;
    this.places.set(nameOf(chart), mark.order);
    const { style } = chart.keys.firstChild;
    [style.left, style.top] = [`${mark.x}px`, `${mark.y}px`];
    pointer(chart, "mousemove", mark);
  }

  choose(chart, mark) {
    if (!mark) return;
    pointer(chart, "mousemove", mark);
    pointer(chart, "mousedown", mark);
    pointer(chart, "mouseup", mark, document);
  }

  // What Plotly shows at this place, line by line.
  tell(chart) {
    if (document.activeElement !== chart.keys) return;
    const lines = [...chart.querySelectorAll(".hoverlayer .hovertext text")].flatMap((text) => {
      const parts = [...text.querySelectorAll("tspan.line")];
      return (parts.length ? parts : [text]).map((part) => part.textContent.trim());
    });
    this.said.textContent = lines.filter(Boolean).join(", ");
  }
}

// The chart's place on the page, which it keeps when it is drawn anew.
function nameOf(chart) {
  const keyed = chart.closest('[class*="st-key-"]');
  return [...(keyed?.classList ?? [])].filter((name) => name.startsWith("st-key-")).join();
}

function traces(chart) {
  return chart._fullData.filter(
    ({ visible, hoverinfo, xaxis, type }) =>
      visible === true && hoverinfo !== "skip" && xaxis && !type.endsWith("3d"),
  );
}

// All cells, points and bars that are on the screen, in the order of reading: {x, y} in pixels.
function marks(chart) {
  const all = traces(chart).flatMap((trace) => {
    const xaxis = chart._fullLayout[axisName(trace.xaxis)], yaxis = chart._fullLayout[axisName(trace.yaxis)];
    const [xs, ys] = trace.z ? cells(trace) : [trace.x, trace.y];
    const found = [];
    for (let i = 0; i < (xs ?? ys)?.length; i += 1) {
      const x = xaxis.c2p(xaxis.d2c(xs ? xs[i] : i)), y = yaxis.c2p(yaxis.d2c(ys ? ys[i] : i));
      if (!(x >= 0 && x <= xaxis._length && y >= 0 && y <= yaxis._length)) continue;
      found.push({ x: x + xaxis._offset, y: y + yaxis._offset, plot: trace.xaxis + trace.yaxis });
    }
    return found;
  });
  const row = ({ y }) => Math.round(y / 4);
  all.sort((one, other) => row(one) - row(other) || one.x - other.x);
  all.forEach((mark, order) => (mark.order = order));
  return all;
}

const axisName = (id) => id.replace(/^([xy])/, "$1axis");

function cells({ z, x, y, x0, dx, y0, dy }) {
  const xs = [], ys = [];
  z.forEach((row, i) =>
    Array.from(row).forEach((value, j) => {
      if (value === null || Number.isNaN(value)) return;
      xs.push(x ? x[j] : (x0 ?? 0) + j * (dx ?? 1));
      ys.push(y ? y[i] : (y0 ?? 0) + i * (dy ?? 1));
    }),
  );
  return [xs, ys];
}

// The nearest mark in this direction; what lies aside counts as further away.
function neighbour(all, from, [right, down]) {
  let best = null, least = Infinity;
  for (const mark of all) {
    const x = mark.x - from.x, y = mark.y - from.y;
    const along = x * right + y * down, aside = Math.abs(x * down) + Math.abs(y * right);
    if (along < 0.5 || aside > along * 4) continue;
    if (along + 3 * aside < least) [best, least] = [mark, along + 3 * aside];
  }
  return best;
}

function pointer(chart, kind, mark, target = null) {
  const pad = mark && chart.querySelector(`.draglayer .${mark.plot} .nsewdrag`);
  if (!pad) return;
  const box = chart.getBoundingClientRect();
  const place = { clientX: box.left + mark.x, clientY: box.top + mark.y, bubbles: true, button: 0, view: window };
  if (kind === "mousemove") pad.dispatchEvent(new PointerEvent("pointermove", place));
  (target ?? pad).dispatchEvent(new MouseEvent(kind, { ...place, buttons: kind === "mousedown" ? 1 : 0 }));
}
