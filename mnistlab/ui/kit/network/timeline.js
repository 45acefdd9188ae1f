// Which step of the training is shown: the page's, the one that the reader moved to, the newest while
// it is followed, or one after another while it is played.
const PACE = 250; // ms that a step is seen for while the training is played

class Timeline {
  // `changed()`: another step is to be shown.
  constructor(weights, changed) {
    Object.assign(this, { weights, changed, following: false, playing: false });
  }

  // What the page shows now: another network, or another step of it.
  take({ source, live, play, steps, step }) {
    const asked = JSON.stringify([source, step]);
    if (asked === this.asked) return;
    const another = source !== this.source;
    Object.assign(this, { asked, source });
    const plays = Boolean(play) && !calm();
    if (another) {
      this.playing = plays;
      this.following = Boolean(live) && !plays;
    }
    if (another && plays && steps.length) this.step = steps[0];
    else if (step !== null && (another || !this.playing)) this.step = step;
  }

  // Weights have come, or more steps.
  came() {
    const { steps, kept } = this.weights;
    if (this.following) this.step = steps.filter((step) => kept.has(step)).at(-1) ?? this.step;
    if (this.step === undefined || !steps.includes(this.step)) this.step = steps.at(-1);
    if (this.step !== undefined && !kept.has(this.step)) this.weights.wanted = this.step;
    this.advance();
    this.changed();
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
    else this.pace = setTimeout(() => this.to(next), PACE);
  }

  to(next) {
    this.pace = null;
    if (!this.playing) return;
    this.step = next;
    this.changed();
    this.advance();
  }

  end() {
    clearTimeout(this.pace);
  }
}
