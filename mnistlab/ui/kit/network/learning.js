// Your digit as it learns: the probabilities of the present picture at each kept step, as lines
// above the training slider, whose thumb is the chart's marker.
const SVG = "http://www.w3.org/2000/svg";
const PLOT = { height: 150, top: 8, bottom: 8, left: 44, right: 64 };
const THUMB = 8; // pixels: half of the slider's thumb, which stops so far from its ends

class LearningChart {
  constructor(words, classes, colors, timeline) {
    Object.assign(this, { words, classes, colors, timeline, shares: new Map(), steps: [] });
    this.title = element("b", { textContent: words.learns });
    this.loaded = element("span", { className: "small" });
    this.svg = document.createElementNS(SVG, "svg");
    this.svg.setAttribute("role", "img");
    this.svg.onpointerdown = (event) => this.pointed(event);
    this.svg.onpointermove = (event) => event.buttons && this.pointed(event);
    this.slider = element("input", { type: "range", min: 0, step: 1, "aria-label": words.step });
    this.slider.oninput = () => timeline.go(this.steps[Number(this.slider.value)]);
    this.output = element("output", {});
    this.follow = element("button", { type: "button", textContent: words.follow, hidden: true });
    this.follow.onclick = () => timeline.follow();
    this.play = element("button", { type: "button", onclick: () => timeline.play() });
    const line = element("div", { className: "line" }, [this.play, this.output, this.follow, this.loaded]);
    this.root = element("div", { className: "learning" }, [this.title, this.svg, this.slider, line]);
  }

  // As the timeline is now; only what has changed since, unless `anew`.
  show(anew) {
    const { step, following, playing, weights } = this.timeline;
    const { steps, said, training } = weights;
    const shown = JSON.stringify([step, steps.length, said, training, following, playing]);
    if (shown === this.shown && !anew) return;
    Object.assign(this, { shown, steps, step });
    this.root.hidden = steps.length < 2; // nothing was learned yet
    this.follow.hidden = !training || following || playing;
    this.play.textContent = playing ? this.words.pause : this.words.play;
    this.slider.max = Math.max(0, steps.length - 1);
    this.slider.value = Math.max(0, steps.indexOf(step));
    this.output.textContent = filled(this.words.stepOf, { step: Number(step ?? 0).toLocaleString("en") });
    this.slider.setAttribute("aria-valuetext", this.output.textContent);
    this.loaded.textContent = said;
    this.draw();
  }

  // What each network that is here says to `image`: one in each idle slice, as long as `goesOn()`.
  compute(image, goesOn) {
    const { weights } = this.timeline;
    const known = image && toBase64(image) + weights.key;
    if (known !== this.known) this.forget();
    this.known = known;
    const step = weights.steps.find((each) => !this.shares.has(each) && weights.kept.has(each));
    if (step === undefined || !image) return this.draw();
    const idle = window.requestIdleCallback ?? ((act) => setTimeout(act, 0));
    return idle(() => {
      if (!goesOn() || !weights.kept.has(step)) return;
      this.set(step, this.asked(step, image));
      this.compute(image, goesOn);
    });
  }

  asked(step, image) {
    try {
      return this.timeline.weights.at(step).network.run(image).at(-1).data;
    } catch (error) {
      return new Float32Array(this.classes.length).fill(NaN); // these weights do not fit
    }
  }

  forget() {
    this.shares.clear();
  }

  set(step, shares) {
    this.shares.set(step, Float32Array.from(shares));
  }

  x(place) {
    const [from, to] = [PLOT.left + THUMB, this.width - PLOT.right - THUMB];
    return this.steps.length < 2 ? from : from + (place / (this.steps.length - 1)) * (to - from);
  }

  y(share) {
    return PLOT.top + (1 - share) * (PLOT.height - PLOT.top - PLOT.bottom);
  }

  pointed(event) {
    const { left } = this.svg.getBoundingClientRect();
    const at = event.clientX - left;
    const distance = (place) => Math.abs(this.x(place) - at);
    const nearest = this.steps.reduce((best, _, place) => (distance(place) < distance(best) ? place : best), 0);
    if (this.steps[nearest] !== this.step) this.timeline.go(this.steps[nearest]);
  }

  layout(width) {
    this.width = width;
    this.svg.setAttribute("viewBox", `0 0 ${width} ${PLOT.height}`);
    this.svg.style.height = `${PLOT.height}px`;
    this.slider.style.marginLeft = `${PLOT.left}px`;
    this.slider.style.width = `${width - PLOT.left - PLOT.right}px`;
    this.draw();
  }

  draw() {
    if (!this.width || this.root.hidden) return;
    const place = this.steps.indexOf(this.step);
    const parts = [];
    for (const share of [0, 0.5, 1]) {
      parts.push(shape("line", { x1: PLOT.left, x2: this.width - PLOT.right, y1: this.y(share), y2: this.y(share), class: "grid" }));
      parts.push(shape("text", { x: PLOT.left - 6, y: this.y(share) + 4, "text-anchor": "end" }, filled(this.words.percent, { number: 100 * share })));
    }
    if (place >= 0)
      parts.push(shape("line", { x1: this.x(place), x2: this.x(place), y1: 0, y2: PLOT.height, class: "now" }));
    const known = this.steps.map((step, at) => [at, this.shares.get(step)]).filter(([, shares]) => shares);
    if (known.length) {
      for (let digit = 0; digit < this.classes.length; digit += 1) parts.push(this.line(known, digit));
      parts.push(...this.names(known.at(-1)[1], known));
    }
    this.svg.replaceChildren(...parts);
    this.svg.setAttribute("aria-label", this.alt(known));
  }

  line(known, digit) {
    const points = known
      .filter(([, shares]) => Number.isFinite(shares[digit]))
      .map(([at, shares]) => `${this.x(at).toFixed(1)},${this.y(shares[digit]).toFixed(1)}`);
    return shape("polyline", { points: points.join(" "), stroke: this.colors[digit] });
  }

  // The names of the lines that matter, at their right ends, without overlapping.
  names(last, known) {
    const digits = [...last.keys()].filter((digit) => known.some(([, shares]) => shares[digit] > 0.25));
    digits.sort((a, b) => last[b] - last[a] || a - b);
    let above = -Infinity;
    return digits.slice(0, 9).map((digit) => {
      above = Math.max(this.y(Number.isFinite(last[digit]) ? last[digit] : 0) + 4, above + 14);
      const place = { x: this.x(known.at(-1)[0]) + 10, y: above };
      const text = shape("text", { ...place, class: "name" }, this.classes[digit]);
      text.style.fill = this.colors[digit];
      return text;
    });
  }

  alt(known) {
    if (!known.length) return this.words.learns;
    const said = ([at, shares]) => {
      const digit = argmax(shares);
      return { step: this.steps[at], what: `${this.classes[digit]} (${percent(shares[digit], this.words.percent)})` };
    };
    const [first, last] = [said(known[0]), said(known.at(-1))];
    return filled(this.words.learnsAlt, {
      first: first.step, before: first.what, last: last.step, after: last.what,
    });
  }
}

function shape(kind, attributes, text = "") {
  const made = document.createElementNS(SVG, kind);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.textContent = text;
  return made;
}
