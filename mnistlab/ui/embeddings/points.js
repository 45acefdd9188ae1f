// Makes the Plotly maps in one container interactive: shows the image of the point under the mouse
// pointer, reports clicked points, and draws rings around the chosen image and its neighbours. The
// rings are an overlay, so choosing a point redraws no chart: zoom and camera stay.

const TILE = 28; // pixels of an image in the sheet
const SHOWN = 84; // of the image beside the mouse pointer
const RINGS = [
  { r: 10, color: "#e000e0", width: 3.5 },
  { r: 8, color: "#e000e0", width: 1.5 },
]; // chosen image, neighbours
const SMALL = 300; // pixels: rings are half as large in lower charts

export default function ({ parentElement, data, setTriggerValue }) {
  const watch = (parentElement.pointWatch ??= new Watch());
  watch.update(data, (place) => setTriggerValue("image", place));
  return () => {
    watch.end();
    delete parentElement.pointWatch;
  };
}

class Watch {
  constructor() {
    this.charts = new Set();
    this.label = document.createElement("canvas");
    this.label.width = this.label.height = SHOWN;
    Object.assign(this.label.style, {
      position: "fixed",
      zIndex: 1000000,
      pointerEvents: "none",
      display: "none",
      borderRadius: "6px",
      boxShadow: "0 0 0 2px #8888, 0 2px 8px #0008",
    });
    this.label.className = "point-image";
    document.body.appendChild(this.label);
    this.moved = (event) => (this.mouse = event); // Plotly's own events lack it in 3-D
    this.pressed = (event) => (this.down = event);
    this.released = (event) => this.clickInSpace(event);
    for (const [kind, act] of this.listeners())
      document.addEventListener(kind, act, { capture: true, passive: true });
    this.running = true;
    this.look();
  }

  update(data, tell) {
    if (data.sheet !== this.data?.sheet) {
      this.sheet = new Image();
      this.sheet.src = data.sheet;
    }
    this.data = data;
    this.tell = tell;
  }

  end() {
    this.running = false;
    for (const [kind, act] of this.listeners())
      document.removeEventListener(kind, act, { capture: true });
    this.label.remove();
    for (const chart of this.charts) chart.pointRings?.remove();
  }

  listeners() {
    return [
      ["pointermove", this.moved],
      ["pointerdown", this.pressed],
      ["pointerup", this.released],
    ];
  }

  look() {
    if (!this.running) return;
    requestAnimationFrame(() => this.look());
    if (!this.data) return;
    for (const chart of document.querySelectorAll(
      `.st-key-${this.data.container} .js-plotly-plot`,
    )) {
      if (!chart._fullLayout || !chart.on) continue;
      if (chart.pointWatch !== this) this.attach(chart);
      this.ring(chart);
    }
  }

  attach(chart) {
    chart.pointWatch = this;
    this.charts.add(chart);
    const mine = (act) => (event) => chart.pointWatch === this && this.running && act(event);
    chart.on(
      "plotly_hover",
      mine((event) => this.show(event.points[0])),
    );
    chart.on(
      "plotly_unhover",
      mine(() => this.hide()),
    );
    chart.on(
      "plotly_click",
      mine(({ points: [point] }) => {
        if (!point.customdata || point.data.type === "scatter3d") return;
        this.show(point); // a quick hand clicks before Plotly has said what is under it
        this.tell(point.customdata[0]);
      }),
    );
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) calm(chart);
    chart.on("plotly_animatingframe", () => (chart.pointsMove = true));
    chart.on("plotly_animated", () => (chart.pointsMove = false));
  }

  show(point) {
    if (!point.customdata || !this.sheet.complete || !this.mouse) return;
    const place = point.customdata[0],
      columns = this.data.columns,
      pen = this.label.getContext("2d");
    pen.imageSmoothingEnabled = false;
    pen.drawImage(
      this.sheet,
      (place % columns) * TILE,
      Math.floor(place / columns) * TILE,
      TILE,
      TILE,
      0,
      0,
      SHOWN,
      SHOWN,
    );
    this.label.dataset.image = place;
    this.label.style.left = `${Math.max(4, this.mouse.clientX - SHOWN - 14)}px`;
    this.label.style.top = `${Math.max(4, this.mouse.clientY - SHOWN - 14)}px`;
    this.label.style.display = "block";
    this.inSpace = point.data.type === "scatter3d" ? place : null;
  }

  hide() {
    this.label.style.display = "none";
    this.inSpace = null;
  }

  // In 3-D Plotly reports a click only if a frame happens to be drawn while the button is down.
  clickInSpace(event) {
    const turned =
      !this.down ||
      Math.hypot(event.clientX - this.down.clientX, event.clientY - this.down.clientY) > 4;
    if (
      this.inSpace != null &&
      !turned &&
      [...this.charts].some((chart) => chart.contains(event.target))
    )
      this.tell(this.inSpace);
  }

  ring(chart) {
    if (!chart.pointRings?.isConnected) {
      if (!this.data.ringed.length) return;
      chart.pointRings = document.createElementNS("http://www.w3.org/2000/svg", "svg");
      chart.pointRings.setAttribute("class", "point-rings");
      Object.assign(chart.pointRings.style, {
        position: "absolute",
        inset: 0,
        width: "100%",
        height: "100%",
        pointerEvents: "none",
        overflow: "visible",
      });
      chart.style.position = "relative";
      chart.appendChild(chart.pointRings);
    }
    const rings = chart.pointRings;
    while (rings.children.length > this.data.ringed.length) rings.lastChild.remove();
    this.data.ringed.forEach((place, order) => {
      const at = where(chart, place),
        look = RINGS[Math.min(order, 1)];
      const ring =
        rings.children[order] ??
        rings.appendChild(document.createElementNS("http://www.w3.org/2000/svg", "circle"));
      ring.dataset.image = place;
      ring.setAttribute("r", chart.clientHeight < SMALL ? look.r / 2 : look.r);
      ring.setAttribute("fill", "none");
      ring.setAttribute("stroke", look.color);
      ring.setAttribute("stroke-width", chart.clientHeight < SMALL ? look.width / 1.5 : look.width);
      ring.style.display = at ? "" : "none";
      ring.style.transition = chart.pointsMove
        ? "transform .6s cubic-bezier(.65, 0, .35, 1)"
        : "none";
      if (at) ring.style.transform = `translate(${at[0]}px, ${at[1]}px)`;
    });
  }
}

// Points jump from step to step instead of moving.
function calm(chart) {
  for (const { buttons } of chart._fullLayout.updatemenus ?? [])
    for (const { args } of buttons) if (args[1]?.transition) args[1].transition.duration = 0;
  for (const { steps } of chart._fullLayout.sliders ?? [])
    for (const { args } of steps) if (args[1]?.transition) args[1].transition.duration = 0;
}

// The position on the chart, in pixels, of the point of image `place`; null if it is not visible.
function where(chart, place) {
  for (const trace of chart._fullData) {
    if (trace.visible !== true || !trace.customdata || trace.name === "mistakes") continue;
    const index = Array.prototype.findIndex.call(trace.customdata, (row) => row[0] === place);
    if (index >= 0)
      return trace.type === "scatter3d"
        ? inSpace(chart, trace, index)
        : inPlane(chart, trace, index);
  }
  return null;
}

function inPlane({ _fullLayout: { xaxis, yaxis } }, trace, index) {
  const x = xaxis.l2p(trace.x[index]),
    y = yaxis.l2p(trace.y[index]);
  return x < 0 || x > xaxis._length || y < 0 || y > yaxis._length
    ? null
    : [xaxis._offset + x, yaxis._offset + y];
}

// As Plotly places its own labels in 3-D: through the camera's three matrices (column-major) to the
// middle of the canvas.
function inSpace(chart, trace, index) {
  const scene = chart._fullLayout.scene?._scene;
  if (!scene?.glplot?.cameraParams) return null;
  const { model, view, projection } = scene.glplot.cameraParams;
  let point = [...["x", "y", "z"].map((axis, i) => trace[axis][index] * scene.dataScale[i]), 1];
  for (const m of [model, view, projection])
    point = [0, 1, 2, 3].map(
      (i) => m[i] * point[0] + m[4 + i] * point[1] + m[8 + i] * point[2] + m[12 + i] * point[3],
    );
  const box = scene.container.getBoundingClientRect(),
    whole = chart.getBoundingClientRect();
  return [
    box.left - whole.left + box.width * (0.5 + (0.5 * point[0]) / point[3]),
    box.top - whole.top + box.height * (0.5 - (0.5 * point[1]) / point[3]),
  ];
}
