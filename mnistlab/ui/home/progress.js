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
    this.bar = element("div", "progress");
    this.bar.setAttribute("role", "progressbar");
    this.words = element("p", "words");
    this.track = element("div", "track");
    this.track.append(element("div", "done"));
    this.measured = element("p", "measured");
    this.bar.append(this.words, this.track, this.measured);
    parent.append(this.bar);
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
      this.advance({ share: 0, text: data.starting });
      this.measured.textContent = "";
    }
    if (!data.url) this.poll.stop();
    else if (before?.url !== data.url) this.poll.start(0);
  }

  heard(status, live) {
    if (live) {
      this.seq = live.seq;
      this.advance(live.progress);
      if (live.said) this.measured.textContent = live.said.measured;
    }
    if (live && stateOf(live) === this.data.state) return SECONDS.first;
    if (live || status === 404) this.tell(live ? stateOf(live) : "gone");
    return SECONDS.changed; // until the page has drawn the new state
  }

  advance(progress) {
    if (!progress) return;
    this.words.textContent = progress.text;
    this.track.firstChild.style.width = `${100 * progress.share}%`;
    this.bar.setAttribute("aria-valuenow", Math.round(100 * progress.share));
    this.bar.setAttribute("aria-valuetext", progress.text);
  }

  end() {
    this.poll.end();
    this.bar.remove();
  }
}

// What the page has to be drawn anew for.
function stateOf(live) {
  return `${live.status} ${live.snapshots.length > 0}`;
}

function element(kind, name) {
  const made = document.createElement(kind);
  made.className = name;
  return made;
}
