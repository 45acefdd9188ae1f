// The runs that train or wait. With `data.url`, asks the server itself what is new. A click on a run
// tells the page to show it; where `data.moves`, another button moves one that waits ahead.

const SECONDS = { busy: 2, idle: 10 }; // between two questions

export default function ({ parentElement, data, setTriggerValue }) {
  const view = (parentElement.queueView ??= new QueueView(parentElement));
  view.show(data, setTriggerValue);
  return () => {
    view.poll.end();
    view.root.remove();
    delete parentElement.queueView;
  };
}

class QueueView {
  constructor(parent) {
    this.root = document.createElement("div");
    this.root.className = "queue";
    parent.append(this.root);
    this.poll = new Poll(
      () => this.data.url,
      (status, live) => {
        if (live) this.draw(live);
        return live && wait(live);
      },
    );
  }

  show(data, tell) {
    Object.assign(this, { data, tell });
    this.draw(data.live);
    if (data.url) this.poll.start(wait(data.live));
    else this.poll.stop();
  }

  draw(live) {
    const own = new Set(this.data.own);
    const shown = live.runs.filter((run) => run.first || own.has(run.id));
    const caption = live.summary
      ? this.data.caption.replace("{summary}", () => live.summary)
      : this.data.empty;
    const rest = live.runs.length - shown.length;
    const wanted = [
      paragraph(caption),
      ...shown.map((run) => this.row(run, own.has(run.id))),
      ...(rest ? [paragraph(this.data.more.replace("{n}", rest))] : []),
    ];
    const focused = this.root.getRootNode().activeElement?.dataset ?? {};
    this.root.replaceChildren(...wanted);
    for (const [does, run] of Object.entries(focused))
      this.root.querySelector(`[data-${does}="${run}"]`)?.focus();
  }

  row(run, own) {
    const row = document.createElement("div");
    const text = own ? `${run.text} · ${this.data.yours}` : run.text;
    row.append(run.id ? this.button("run", run.id, text) : plain(text));
    row.firstChild.className = run.running ? "running" : "waiting";
    if (this.data.moves && run.id && !run.running)
      row.append(this.button("move", run.id, run.ahead ? this.data.back : this.data.ahead));
    return row;
  }

  // One that tells the page what it `does`, to which run.
  button(does, run, text) {
    const button = document.createElement("button");
    button.dataset[does] = run;
    button.textContent = text;
    button.onclick = () => this.tell(does, run);
    return button;
  }
}

function wait(live) {
  return live.runs.length ? SECONDS.busy : SECONDS.idle;
}

function plain(text) {
  const made = document.createElement("span");
  made.textContent = text;
  return made;
}

function paragraph(text) {
  const made = document.createElement("p");
  made.textContent = text;
  return made;
}
