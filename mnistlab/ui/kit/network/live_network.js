// A network that follows the pen while it moves, at any step of its training: everything is computed
// here, from the run's own weights. The server is told the picture only when the reader leaves.
const BLANK = new Uint8Array(SIDE * SIDE);
const REST = 150; // ms without a change until the chart is computed anew
const NARROW = 620; // pixels: below it, the pen comes above the network
const TAIL = 110; // pixels for what follows a recurrent layer
const PACE = 250; // ms that a step is seen for while the training is played
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
    this.resized = new ResizeObserver(() => this.layout());
    this.resized.observe(this.root);
    this.outside = (event) => event.composedPath().includes(this.root) || this.tell();
    document.addEventListener("pointerdown", this.outside, true);
    this.root.onpointerleave = () => this.tell();
    this.root.onfocusout = (event) => this.root.contains(event.relatedTarget) || this.tell();
  }

  show(data, said) {
    Object.assign(this, { data, said });
    const built = JSON.stringify([data.pen, data.classes, data.words, data.key]);
    if (built !== this.built) {
      this.built = built;
      this.build(data);
    }
    this.pen?.offer?.(data.digits, data.classes);
    this.take(data.picture);
    const asked = JSON.stringify([data.source, data.step]);
    if (asked !== this.asked) {
      if (data.source !== this.source) this.begin(data);
      else if (data.step !== null && !this.playing) this.step = data.step;
      Object.assign(this, { asked, source: data.source });
    }
    this.weights.use(data);
    if (this.step !== undefined) this.weights.want(this.step);
    this.changed();
    return ++this.turn;
  }

  // With another network; `play`: at the first step, from which the training is played.
  begin({ live, play, steps, step }) {
    this.playing = Boolean(play);
    this.following = Boolean(live) && !play;
    if (play && steps.length) this.step = steps[0];
    else if (step !== null) this.step = step;
  }

  build({ words, classes, colors, pen, key }) {
    this.parts?.forEach((part) => part.end?.());
    this.palette = new Palette(colors);
    if (!drawings.has(key)) drawings.set(key, new Drawing());
    this.drawing = drawings.get(key);
    const heard = {
      moved: (event) => this.changed(event), lifted: () => this.rest(), steps: () => this.data.prepare,
    };
    this.pen = pen === "own" ? new Pen(this.drawing, words, heard) : pen === "canvas" ? new Drawable(heard) : null;
    const over = (...what) => this.over(...what);
    this.columns = new Columns(words, this.palette, { over, open: (column, index) => this.open(column, index) });
    this.reading = new Reading(words, this.palette, classes, colors.classes, { row: () => this.say() });
    this.lens = new Lens(words, this.palette);
    this.answer = new Answer(words, classes, colors.classes);
    this.learning = new LearningChart(words, classes, colors.classes, (step) => this.go(step));
    this.learning.follow.onclick = () => this.follow();
    this.learning.play.onclick = () => this.play();
    this.weights = new Weights(words, {
      came: (step) => this.came(step), failed: (sentence) => this.failed(sentence),
    });
    this.problem = element("p", { className: "problem", role: "alert", hidden: true });
    this.net = element("div", { className: "net" }, [this.reading.root, this.columns.root]);
    const stage = element("div", { className: "stage" }, [
      ...(this.pen?.root ? [this.pen.root] : []), this.net, this.answer.root,
    ]);
    this.reading.root.append(this.reading.button);
    this.root.replaceChildren(this.problem, stage, this.learning.root, this.lens.root);
    this.parts = [this.pen, this.weights, this.answer].filter(Boolean);
  }

  // The page's picture takes the drawing's place, unless it is what was drawn here.
  take(picture) {
    const { drawing } = this;
    if (picture === drawing.given) return;
    drawing.given = picture;
    drawing.told ??= new Set();
    if (picture === null || drawing.told.has(picture)) return;
    const { image } = drawing.prepared(this.data.prepare);
    if (image && toBase64(image) === picture) return;
    drawing.give(fromBase64(picture));
    this.pen?.refresh?.();
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
    const prepared = this.pen instanceof Drawable ? this.pen.prepared(this.data.prepare) : this.drawing.prepared(this.data.prepare);
    this.image = prepared.image ?? null;
    this.trouble = prepared.problem ?? null;
    this.run();
    const { steps, said, training } = this.weights;
    const charted = JSON.stringify([this.step, steps.length, said, training, this.following, this.playing]);
    if (charted !== this.charted || !this.image) this.chart(charted);
    const detail = { since: this.since, at: performance.now() };
    this.since = null;
    this.root.dispatchEvent(new CustomEvent("drawn", { detail }));
  }

  chart(charted) {
    this.charted = charted;
    this.learning.show(this.weights.steps, this.step, this.weights.said);
    this.learning.follow.hidden = !this.weights.training || this.following || this.playing;
    this.learning.playing(this.playing);
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
    else if (sure) this.learning.set(this.step, shares);
    return this.say();
  }

  // The network of the chosen step; while it is on its way, the one before stays.
  latest() {
    try {
      const kept = this.step === undefined ? null : this.weights.at(this.step);
      if (kept) this.kept = kept;
      if (kept) this.misfit = null;
    } catch (error) {
      Object.assign(this, { misfit: error.message, kept: null });
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

  layout() {
    const width = this.root.clientWidth;
    if (!width || !this.learning) return;
    this.root.classList.toggle("narrow", width < NARROW);
    const narrow = width < NARROW;
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
    const picture = this.image ? toBase64(this.image) : null;
    if (this.learned !== picture + this.weights.key) {
      this.learned = picture + this.weights.key;
      this.learning.forget();
    }
    if (this.recurrent && !this.after && this.kept && this.image) {
      this.after = this.kept.network.afterEachRow(this.stages);
      this.reading.draw(this.stages[0], this.recurrent, this.after);
    }
    const wanted = this.weights.steps.find((step) => !this.learning.shares.has(step) && this.weights.kept.has(step));
    if (wanted === undefined || !this.image || this.misfit) return this.learning.draw();
    const idle = window.requestIdleCallback ?? ((act) => setTimeout(act, 0));
    return idle(() => {
      if (!this.resting || !this.image || !this.weights.kept.has(wanted)) return;
      try {
        this.learning.set(wanted, this.weights.at(wanted).network.run(this.image).at(-1).data);
      } catch (error) {
        this.learning.set(wanted, new Float32Array(this.data.classes.length).fill(NaN));
      }
      this.learn();
    });
  }

  came() {
    const { steps, kept } = this.weights;
    if (this.following) this.step = steps.filter((step) => kept.has(step)).at(-1) ?? this.step;
    if (this.step === undefined || !steps.includes(this.step)) this.step = steps.at(-1);
    if (this.step !== undefined && !kept.has(this.step)) this.weights.wanted = this.step;
    this.advance();
    this.changed();
  }

  failed(sentence) {
    this.refused = sentence;
    if (sentence && !this.weights.kept.size) this.kept = null;
    this.say();
  }

  // Lead through the training, from its beginning if its end is shown; or stop that.
  play() {
    this.playing = !this.playing;
    if (this.playing && this.step === this.weights.steps.at(-1)) this.step = this.weights.steps[0];
    this.advance();
    this.changed();
  }

  // While it plays: the next step, as soon as this one was seen and that one is here.
  advance() {
    const { steps, kept, training } = this.weights;
    if (!this.playing || this.pace) return;
    const next = steps.find((step) => step > this.step);
    if (next === undefined) this.playing = training;
    else if (!kept.has(next)) this.weights.want(next);
    else
      this.pace = setTimeout(() => {
        this.pace = null;
        if (!this.playing) return;
        this.step = next;
        this.changed();
        this.advance();
      }, PACE);
  }

  go(step) {
    this.playing = false;
    this.following = this.weights.training && step === this.weights.steps.at(-1);
    this.step = step;
    this.weights.want(step);
    this.changed();
  }

  follow() {
    Object.assign(this, { following: true, playing: false });
    this.came();
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

  open(column, index) {
    if (!this.data.run || column.kind === "input") return;
    const picture = this.drawing.own && this.image ? toBase64(this.image) : null;
    if (picture) this.drawing.told.add(picture);
    this.said.open({ stage: column.name, map: index, step: this.step, picture });
  }

  // Tell the page what was drawn, once the reader leaves: never while the pen is down.
  tell() {
    if (!(this.pen instanceof Pen) || this.pen.down !== null || !this.drawing.own || !this.image) return;
    const picture = toBase64(this.image);
    if (this.drawing.told.has(picture) && this.drawing.last === picture) return;
    this.drawing.told.add(picture);
    this.drawing.last = picture;
    this.said.drawing(picture);
  }

  end() {
    this.parts.forEach((part) => part.end?.());
    this.reading.stop();
    clearTimeout(this.timer);
    clearTimeout(this.pace);
    cancelAnimationFrame(this.waiting);
    this.resized.disconnect();
    document.removeEventListener("pointerdown", this.outside, true);
    this.root.remove();
  }
}
