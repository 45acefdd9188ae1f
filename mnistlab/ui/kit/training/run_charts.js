// Draws how far a training is, and its curves. With `data.url`, asks the server itself what is new,
// and tells the page only when the run's state has changed.

const SECONDS = { first: 1, waiting: 3, changed: 5 }; // between two questions
const POINTS = 1200; // of a curve; beyond it, every second one
const HEIGHT = 180; // pixels of a chart, its legend aside

export default function ({ parentElement, data, setTriggerValue }) {
  const view = (parentElement.runView ??= new RunView(parentElement));
  view.show(data, (state) => setTriggerValue("state", state));
  return () => {
    view.end();
    delete parentElement.runView;
  };
}

class RunView {
  constructor(parent) {
    this.root = element("section", "run");
    this.bar = new ProgressBar();
    this.bar.root.className = "progress";
    this.place = element("div", "charts");
    this.note = element("p", "note");
    this.root.append(this.bar.root, this.place, this.note);
    parent.append(this.root);
    this.charts = [];
    this.poll = new Poll(
      () => `${this.url}&after=${this.seq}`,
      (status, live) => this.heard(status, live),
    );
    this.resized = new ResizeObserver(() => this.charts.forEach((chart) => chart.fit()));
    this.resized.observe(this.root);
  }

  show(data, tell) {
    Object.assign(this, { data, tell, url: data.url });
    this.shown = stateOf(data.live);
    if (this.run !== data.live.run) {
      this.charts.forEach((chart) => chart.end());
      this.charts = data.charts.map((chart) => new Chart(this.place, chart, data));
      Object.assign(this, { run: data.live.run, seq: -1 });
    }
    if (data.live.seq >= this.seq) this.take(data.live);
    if (this.url) this.poll.start(wait(data.live));
    else this.poll.stop();
  }

  heard(status, live) {
    if (live) this.take(live);
    if (live && stateOf(live) === this.shown) return wait(live);
    if (live || status === 404) this.tell(live ? stateOf(live) : "gone");
    return SECONDS.changed; // until the page has drawn the new state
  }

  // what is new since `live.after`; 0: everything
  take(live) {
    if (live.after === 0) this.curves = {};
    for (const [name, points] of Object.entries(live.curves))
      this.curves[name] = joined(this.curves[name] ?? [], points);
    this.seq = live.seq;
    this.said = live.said ?? (live.after === 0 ? null : this.said);
    this.bar.root.hidden = !live.progress;
    if (live.progress) this.bar.show(live.progress);
    this.place.hidden = !this.said;
    this.note.textContent = this.said
      ? this.data.note.replace("{measured}", () => this.said.measured)
      : this.data.empty;
    if (!this.said) return;
    // all over the same steps, so that the charts line up
    const names = Object.keys(this.curves);
    const [steps, ...columns] = uPlot.join(names.map((name) => transposed(this.curves[name])));
    const columnOf = Object.fromEntries(names.map((name, place) => [name, columns[place]]));
    for (const chart of this.charts) chart.draw(steps, columnOf, this.said[chart.name]);
  }

  end() {
    this.poll.end();
    this.resized.disconnect();
    this.charts.forEach((chart) => chart.end());
    this.root.remove();
  }
}

class Chart {
  constructor(parent, { name, title, share, lines }, { step, percent: template }) {
    Object.assign(this, { name, lines, share });
    this.root = element("div", "chart");
    this.root.dataset.chart = name;
    this.root.setAttribute("role", "img");
    this.root.tabIndex = 0;
    this.root.onkeydown = (event) => this.key(event);
    const heading = element("div", "heading");
    heading.append(element("b", "title"));
    heading.firstChild.textContent = title;
    this.root.append(heading);
    parent.append(this.root);
    const number = (value) => value?.toLocaleString("en", { maximumSignificantDigits: 4 });
    const hundredths = (value) => (100 * value).toLocaleString("en", { maximumFractionDigits: 2 });
    const percent = (value) => template.replace("{number}", hundredths(value));
    const write = share ? percent : number;
    const ink = (name) => () => getComputedStyle(this.root).getPropertyValue(name);
    const axis = {
      stroke: ink("--st-text-color"),
      grid: { stroke: ink("--st-border-color"), width: 1 },
      ticks: { show: false },
      font: "12px sans-serif",
    };
    this.plot = new uPlot(
      {
        width: 400,
        height: HEIGHT,
        scales: { x: { time: false }, y: { range: { min: { pad: 0.05, hard: 0 }, max: { pad: 0.05, ...(share && { hard: 1 }) } } } },
        axes: [
          { ...axis, size: 28, values: (_, splits) => splits.map((at) => (Number.isInteger(at) ? at.toLocaleString("en") : "")) },
          { ...axis, size: 60, values: (_, splits) => splits.map(write) },
        ],
        series: [
          { label: step, value: (_, at) => at?.toLocaleString("en") ?? "" },
          ...Object.values(lines).map(([label, stroke, width]) => ({
            label,
            stroke,
            width,
            spanGaps: true,
            points: { show: false },
            value: (_, value) => (value == null ? "" : write(value)),
          })),
        ],
        legend: {
          mount: (_, legend) => heading.append(legend),
          markers: { fill: (plot, place) => plot.series[place].stroke(plot, place) },
        },
        cursor: { sync: { key: "mnistlab.run" }, y: false, points: { size: 7 } },
        hooks: { setScale: [(plot) => this.scaled(plot)] },
      },
      undefined,
      this.root,
    );
    this.fit();
  }

  draw(steps, columnOf, words) {
    this.root.setAttribute("aria-label", words);
    const columns = Object.keys(this.lines).map((name) => columnOf[name]);
    const empty = columns.map((column) => column.every((value) => value == null));
    empty.forEach((none, place) => {
      if (none === this.empty?.[place]) return; // a click in the legend may have hidden it
      this.plot.setSeries(place + 1, { show: !none });
      this.root.querySelectorAll(".u-series")[place + 1].hidden = none;
    });
    this.empty = empty;
    const { min, max } = this.plot.scales.x;
    const zoomed = this.steps && (min > this.steps[0] || max < this.steps.at(-1));
    this.steps = steps;
    this.plot.setData([steps, ...columns], !zoomed);
    if (zoomed) this.plot.setScale("x", { min, max });
  }

  scaled(plot) {
    Object.assign(this.root.dataset, { from: plot.scales.x.min, to: plot.scales.x.max });
  }

  // + and - zoom about the middle, the arrows move, 0 shows everything
  key(event) {
    const [first, last] = [this.steps[0], this.steps.at(-1)];
    const { min, max } = this.plot.scales.x;
    const quarter = (max - min) / 4;
    const [from, to] = {
      "+": [min + quarter, max - quarter],
      "-": [min - 2 * quarter, max + 2 * quarter],
      ArrowLeft: [min - quarter, max - quarter],
      ArrowRight: [min + quarter, max + quarter],
      0: [first, last],
    }[event.key] ?? [null];
    if (from === null) return;
    event.preventDefault();
    this.plot.setScale("x", { min: Math.max(from, first), max: Math.min(to, last) });
  }

  fit() {
    const width = this.root.clientWidth;
    if (width && width !== this.plot.width) this.plot.setSize({ width, height: HEIGHT });
  }

  end() {
    this.plot.destroy();
    this.root.remove();
  }
}

function wait(live) {
  return live.place > 1 ? SECONDS.waiting : SECONDS.first;
}

function stateOf(live) {
  return `${live.status} ${live.wanted}`;
}

// Where a training went back to a checkpoint, what it forgot is forgotten here too.
function joined(points, more) {
  if (!more.length) return points;
  const kept = points.filter(([step]) => step < more[0][0]);
  const all = [...kept, ...more];
  if (all.length <= POINTS) return all;
  return all.filter((_, place) => place % 2 === 0 || place === all.length - 1);
}

function transposed(points) {
  return [points.map(([step]) => step), points.map(([, value]) => value)];
}

function element(kind, name) {
  const made = document.createElement(kind);
  made.className = name;
  return made;
}
