// The weights of all kept steps of a run: fetched once, in the background. Beyond `keptBytes` for all
// of them together, only those of the steps that are looked at.
const TRY_AGAIN = 4; // seconds
const NEWS = 0.5; // seconds between two questions while it is trained

class Weights {
  // `heard.came(step)`: its weights are here, or there are more steps; `heard.failed(sentence)`:
  // what is wrong (null: nothing any more).
  constructor(words, heard) {
    Object.assign(this, { words, heard, steps: [], kept: new Map(), source: null });
    this.poll = new Poll(() => `${this.live}&after=${this.seq}`, (status, news) => this.news(status, news));
  }

  use({ source, weights, live, steps, operators, keptBytes }) {
    const key = JSON.stringify([source, operators]);
    if (key !== this.key) {
      Object.assign(this, { key, kept: new Map(), bytes: 0, steps: [], fetching: null, wanted: null, seq: 0 });
      clearTimeout(this.timer);
    }
    Object.assign(this, { source, address: weights, operators, keptBytes });
    this.add(steps);
    if (live && live !== this.live) this.poll.start(0);
    if (!live) this.poll.stop();
    this.live = live;
    if (!weights) this.heard.failed(this.words.noServer);
    this.fill();
  }

  add(steps) {
    const all = new Set([...this.steps, ...steps]);
    if (all.size === this.steps.length) return false;
    this.steps = [...all].sort((a, b) => a - b);
    return true;
  }

  get each() {
    return this.kept.size ? this.bytes / this.kept.size : 0;
  }

  get large() {
    return this.each * this.steps.length > this.keptBytes;
  }

  // {network, tensors, step, source} of a step; null while its weights are not here. Throws where they do not fit.
  at(step) {
    const kept = this.kept.get(step);
    if (!kept) return null;
    kept.network ??= new Network(this.operators, kept.tensors);
    return kept;
  }

  want(step) {
    this.wanted = step;
    this.fill();
  }

  // Fetch one after another: first what is looked at, then the last and all others.
  async fill() {
    if (this.fetching !== null || !this.address) return;
    const step = this.next();
    if (step === undefined) return;
    const { key } = this;
    this.fetching = step;
    const sentence = await this.fetch(step, key);
    if (key !== this.key) return; // another run's by now
    this.fetching = null;
    this.heard.failed(sentence);
    if (sentence === null) this.heard.came(step);
    else this.timer = setTimeout(() => this.fill(), 1000 * TRY_AGAIN);
    if (sentence === null) this.fill();
  }

  next() {
    const missing = (step) => step !== null && step !== undefined && !this.kept.has(step);
    if (missing(this.wanted) && this.steps.includes(this.wanted)) return this.wanted;
    if (this.large) return undefined;
    return [this.steps.at(-1), ...this.steps].find(missing);
  }

  // null where the weights came, else a sentence that says why not
  async fetch(step, key) {
    try {
      const response = await fetch(this.address.replace("{step}", step));
      if (!response.ok) return await this.refusal(response);
      const buffer = await response.arrayBuffer();
      if (key !== this.key) return null;
      this.kept.set(step, { step, source: this.source, tensors: readSafetensors(buffer) });
      this.bytes += buffer.byteLength;
      return null;
    } catch (error) {
      if (error instanceof TypeError) return this.words.offline;
      console.warn(error);
      return this.words.damaged;
    }
  }

  async refusal(response) {
    try {
      return (await response.json()).error ?? this.words.offline;
    } catch (error) {
      return this.words.offline; // a proxy's page
    }
  }

  news(status, news) {
    if (!news) {
      this.heard.failed(status === 404 ? this.words.gone : this.words.offline);
      return TRY_AGAIN;
    }
    this.seq = news.seq;
    this.heard.failed(null);
    if (this.add(news.snapshots ?? [])) this.heard.came(null);
    this.fill();
    const goesOn = news.status === "running" || news.status === "queued";
    if (!goesOn) queueMicrotask(() => this.stop());
    return NEWS;
  }

  stop() {
    this.poll.stop();
    this.heard.came(null);
  }

  get training() {
    return Boolean(this.live && this.poll.running);
  }

  // How much is here, in words.
  get said() {
    const [n, size] = [this.steps.length, this.each];
    if (!this.kept.size) return this.training ? this.words.waiting : "";
    if (this.large) return filled(this.words.large, { n, size: megabytes(size) });
    const done = this.kept.size;
    if (done < n) return filled(this.words.loading, { done, n });
    return filled(this.words.loaded, { n, size: megabytes(this.bytes) });
  }

  end() {
    this.poll.end();
    clearTimeout(this.timer);
    this.key = null;
  }
}
