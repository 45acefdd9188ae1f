// How far a training is. Asks the server itself, and tells the page when the run's state has changed.
const SECONDS = { first: 0.5, changed: 5 }; // between two questions

export default function ({ parentElement, data, setTriggerValue }) {
  const view = (parentElement.progress ??= new Progress(parentElement));
  view.show(data, (state) => setTriggerValue("state", state));
  return () => {
    view.end();
    delete parentElement.progress;
  };
}

class Progress {
  constructor(parent) {
    this.bar = new ProgressBar();
    this.bar.root.className = "progress";
    this.measured = document.createElement("p");
    this.measured.className = "measured";
    this.bar.root.append(this.measured);
    parent.append(this.bar.root);
    this.poll = new Poll(
      () => `${this.data.url}&after=${this.seq}`,
      (status, live) => this.heard(status, live),
    );
  }

  show(data, tell) {
    const before = this.data;
    Object.assign(this, { data, tell });
    if (before?.run !== data.run) {
      this.seq = 0;
      this.bar.show({ share: 0, text: data.starting });
      this.measured.textContent = "";
    }
    if (!data.url) this.poll.stop();
    else if (before?.url !== data.url) this.poll.start(0);
  }

  heard(status, live) {
    if (live) {
      this.seq = live.seq;
      if (live.progress) this.bar.show(live.progress);
      if (live.said) this.measured.textContent = live.said.measured;
    }
    if (live && stateOf(live) === this.data.state) return SECONDS.first;
    if (live || status === 404) this.tell(live ? stateOf(live) : "gone");
    return SECONDS.changed; // until the page has drawn the new state
  }

  end() {
    this.poll.end();
    this.bar.root.remove();
  }
}

// What the page has to be drawn anew for.
function stateOf(live) {
  return `${live.status} ${live.snapshots.length > 0}`;
}
