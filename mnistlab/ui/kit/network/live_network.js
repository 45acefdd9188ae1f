// A network that follows the pen while it moves, at any step of its training: everything is computed
// here, from the run's own weights. The server is told the picture only when the reader leaves.
const BLANK = new Uint8Array(SIDE * SIDE);
const REST = 150; // ms without a change until the chart is computed anew
const NARROW = 620; // pixels: below it, the answer comes above the network
const NARROW_WITH_PEN = 860; // and with a pen, both
const BIG = 1200; // pixels: from it on, everything is large, as on a wall
const TAIL = 110; // pixels for what follows a recurrent layer
const drawings = new Map(); // key -> what is drawn; it outlives the component

export default function ({ parentElement, data, setStateValue, setTriggerValue }) {
  const view = (parentElement.liveNetwork ??= new LiveNetwork(parentElement));
  const turn = view.show(data, {
    drawing: (picture) => setStateValue("drawing", picture),
    open: (place) => setTriggerValue("open", place),
  });
  return () => {
    if (view.turn !== turn) return; // drawn anew, not taken away
    view.end();
    delete parentElement.liveNetwork;
  };
}

class LiveNetwork {
  constructor(parent) {
    this.turn = 0;
    this.root = element("section", { className: "live" });
    parent.append(this.root);
    this.frame = () => this.draw();
    this.resized = new ResizeObserver(() => this.resize());
    this.resized.observe(this.root);
  }

  show(data, said) {
    this.data = data;
    const built = JSON.stringify([data.pen, data.classes, data.words, data.key]);
    if (built !== this.built) {
      this.built = built;
      this.build(data);
    }
    this.pen?.offer?.(data.digits, data.classes);
    this.handover.say = said;
    this.telling.address = data.tell;
    if (this.handover.take(data.picture, data.pen !== null)) this.pen?.refresh?.();
    this.timeline.take(data);
    this.weights.use(data);
    if (this.timeline.step !== undefined) this.weights.want(this.timeline.step);
    this.changed();
    return ++this.turn;
  }

  build({ words, classes, colors, pen, key }) {
    this.parts?.forEach((part) => part.end());
    if (!drawings.has(key)) drawings.set(key, new Drawing());
    this.drawing = drawings.get(key);
    this.palette = new Palette(colors);
    this.pen = this.penFor(pen, words);
    this.columns = new Columns(words, this.palette, {
      over: (...what) => this.over(...what), open: (column, index) => this.open(column, index),
    });
    this.reading = new Reading(words, this.palette, classes, colors.classes, { row: () => this.say() });
    this.lens = new Lens(words, this.palette);
    this.answer = new Answer(words, classes, colors.classes);
    this.weights = new Weights(words, {
      came: () => this.timeline.came(), failed: (sentence) => this.failed(sentence),
    });
    this.timeline = new Timeline(this.weights, () => this.changed());
    this.learning = new LearningChart(words, classes, colors.classes, this.timeline);
    this.handover = new Handover(this.root, this.drawing, () => this.picture());
    this.handover.down = () => this.pen?.down != null;
    this.handover.always = pen !== "own"; // then the picture is not the page's choice of picture
    this.telling = new Telling(() => (this.pen?.down != null ? null : this.prepared().image));
    const { weights, timeline, answer, reading, handover, telling } = this;
    this.parts = [this.pen, weights, timeline, answer, reading, handover, telling].filter((part) => part?.end);
    this.arrange();
  }

  penFor(pen, words) {
    const heard = {
      moved: (event) => this.changed(event), lifted: () => this.lifted(), steps: () => this.data.prepare,
    };
    if (pen === "own") return new Pen(this.drawing, words, heard);
    return pen === "canvas" ? new Drawable(heard) : null;
  }

  lifted() {
    this.rest();
    this.telling.soon();
  }

  arrange() {
    this.problem = element("p", { className: "problem", role: "alert", hidden: true });
    this.net = element("div", { className: "net" }, [this.reading.root, this.columns.root]);
    const parts = [this.pen?.root, this.net, this.answer.root].filter(Boolean);
    const stage = element("div", { className: "stage" }, parts);
    this.root.replaceChildren(this.problem, stage, this.learning.root, this.lens.root, this.lens.said);
  }

  changed(event = null) {
    this.since ??= event?.timeStamp ?? null;
    if (!this.waiting) this.waiting = requestAnimationFrame(this.frame);
    this.rest();
  }

  // One frame: the picture, what the network makes of it, and all of it on the screen.
  draw() {
    this.waiting = null;
    if (!this.data || !this.root.isConnected) return;
    const { image = null, problem = null } = this.prepared();
    Object.assign(this, { image, trouble: problem });
    this.run();
    this.learning.show(!image);
    const detail = { since: this.since, at: performance.now() };
    this.since = null;
    this.root.dispatchEvent(new CustomEvent("drawn", { detail }));
  }

  // {image} or {problem}
  prepared() {
    const source = this.pen instanceof Drawable ? this.pen : this.drawing;
    return source.prepared(this.data.prepare);
  }

  // What is drawn, as the page is told.
  picture() {
    const { image } = this.prepared();
    return image ? toBase64(image) : null;
  }

  run() {
    this.latest();
    if (!this.kept) return this.say();
    this.announce();
    this.stages = this.kept.network.run(this.image ?? BLANK);
    const shares = this.stages.at(-1).data;
    this.diverged = shares.some((share) => !Number.isFinite(share));
    const tail = this.tail();
    if (this.columns.build(tail)) this.layout();
    const sure = this.image && !this.diverged;
    const path = sure ? this.path(argmax(shares)) : this.stages.map(() => null);
    if (this.recurrent) this.read();
    this.columns.draw(tail, path.slice(-1 - tail.length, -1));
    this.lens.draw();
    if (!this.image) this.learning.forget();
    else if (sure) this.learning.set(this.timeline.step, shares);
    return this.say();
  }

  // The network of the chosen step; while it is on its way, the one before stays.
  latest() {
    try {
      const kept = this.timeline.step === undefined ? null : this.weights.at(this.timeline.step);
      if (kept) this.kept = kept;
      if (kept) this.misfit = null;
    } catch (error) {
      console.warn(error);
      Object.assign(this, { misfit: this.data.words.misfit, kept: null });
    }
  }

  // Tell other parts of the page which network is shown.
  announce() {
    if (this.kept === this.announced) return;
    this.announced = this.kept;
    const { step, source, tensors } = this.kept;
    window.mnistlabNetwork = { step, source, tensors, operators: this.data.operators };
    window.dispatchEvent(new CustomEvent("mnistlab.network", { detail: window.mnistlabNetwork }));
  }

  path(answer) {
    return strongestPath(this.data.operators, this.kept.tensors, this.stages, answer);
  }

  // The stages in columns: all but the softmax, and of a recurrent network those behind the reading.
  tail() {
    const at = this.stages.findIndex(({ layers }) => layers);
    this.recurrent = at < 0 ? null : this.stages[at];
    this.reading.root.hidden = at < 0;
    this.root.classList.toggle("reads", at >= 0);
    return this.stages.slice(at + 1, -1);
  }

  read() {
    // in both directions it has to read 28 pictures for that: see `learn`
    const quick = this.recurrent.layers.every(({ direction }) => direction === "forward");
    this.after = quick ? this.kept.network.afterEachRow(this.stages) : null;
    if (this.reading.build(this.recurrent)) this.layout();
    this.reading.draw(this.stages[0], this.recurrent, this.after);
  }

  say() {
    const { words, classes } = this.data;
    const sentence = this.misfit ?? this.refused ?? (this.kept && this.diverged ? words.diverged : null);
    this.problem.hidden = !sentence;
    if (this.problem.textContent !== (sentence ?? "")) this.problem.textContent = sentence ?? "";
    const known = this.kept && this.image && !this.diverged;
    const { row } = this.reading;
    const partly = known && this.recurrent && row !== null && this.after;
    const shares = partly
      ? this.after.subarray(row * classes.length, (row + 1) * classes.length)
      : known ? this.stages.at(-1).data : null;
    const note = partly ? filled(words.afterRow, { n: row + 1 }) : this.trouble === "dot" ? words.dot : "";
    this.answer.show(shares, note);
    this.probabilities = shares;
  }

  // A canvas that gets another size is empty.
  resize() {
    this.layout();
    if (this.root.clientWidth === this.wide) return;
    this.wide = this.root.clientWidth;
    this.changed();
  }

  layout() {
    const width = this.root.clientWidth;
    if (!width || !this.learning) return;
    const narrow = width < (this.data.pen === "own" ? NARROW_WITH_PEN : NARROW);
    this.root.classList.toggle("narrow", narrow);
    this.root.classList.toggle("big", width >= BIG);
    const height = narrow ? 270 : Math.round(Math.max(330, Math.min(560, width * 0.4)));
    this.answer.root.style.minHeight = narrow ? "" : `${height}px`;
    const room = this.net.clientWidth;
    if (this.recurrent) {
      this.reading.layout(narrow ? room : room - TAIL - 14, height);
      this.columns.layout(TAIL, this.reading.tiers[0].high);
    } else this.columns.layout(room, height);
    if (this.learning.width !== width) this.learning.layout(width);
  }

  // When nothing changes for a moment, the chart is computed: a step in each idle slice.
  rest() {
    clearTimeout(this.timer);
    this.resting = false;
    this.timer = setTimeout(() => this.learn(), REST);
  }

  learn() {
    if (this.pen?.down != null || !this.data) return;
    this.resting = true;
    if (this.recurrent && !this.after && this.kept && this.image) {
      this.after = this.kept.network.afterEachRow(this.stages);
      this.reading.draw(this.stages[0], this.recurrent, this.after);
    }
    if (!this.misfit) this.learning.compute(this.image, () => this.resting);
  }

  failed(sentence) {
    this.refused = sentence;
    if (sentence && !this.weights.kept.size) this.kept = null;
    this.say();
  }

  over(column, index, box) {
    if (!column) return this.lens.hide();
    const place = this.stages.findIndex(({ name }) => name === column.name);
    const before = this.stages[place - 1];
    const input = before && { name: before.name, shape: before.shape, values: before.data, count: before.data.length };
    const operator = this.data.operators.find(({ name }) => name === column.name);
    const opens = Boolean(this.data.run) && column.kind !== "input";
    return this.lens.show({ column, index, box, operator, input, opens, tensors: this.kept.tensors });
  }

  open({ name, kind }, index) {
    if (!this.data.run || kind === "input") return;
    this.handover.open({ stage: name, map: index, step: this.timeline.step });
  }

  end() {
    this.parts.forEach((part) => part.end());
    clearTimeout(this.timer);
    cancelAnimationFrame(this.waiting);
    this.resized.disconnect();
    this.root.remove();
  }
}
