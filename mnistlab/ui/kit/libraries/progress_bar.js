// How far a training is: a sentence and a bar.
class ProgressBar {
  constructor() {
    this.root = document.createElement("div");
    this.root.setAttribute("role", "progressbar");
    this.words = document.createElement("p");
    this.words.className = "words";
    const track = document.createElement("div");
    track.className = "track";
    this.done = document.createElement("div");
    this.done.className = "done";
    track.append(this.done);
    this.root.append(this.words, track);
  }

  // `share` of 1 is done, as `text` says.
  show({ share, text }) {
    this.words.textContent = text;
    this.done.style.width = `${100 * share}%`;
    this.root.setAttribute("aria-valuenow", Math.round(100 * share));
    this.root.setAttribute("aria-valuetext", text);
  }
}
