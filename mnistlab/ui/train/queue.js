// The runs that train or wait. With `data.url`, asks the server itself what is new. A click on a run
// tells the page to show it.

const SECONDS = { busy: 2, idle: 10 }; // between two questions

export default function ({ parentElement, data, setTriggerValue }) {
  const view = (parentElement.queueView ??= new QueueView(parentElement));
  view.show(data, (run) => setTriggerValue("run", run));
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

  show(data, choose) {
    Object.assign(this, { data, choose });
    this.draw(data.live);
    if (data.url) this.poll.start(wait(data.live));
    else this.poll.stop();
  }

  draw(live) {
    const own = new Set(this.data.own);
    const shown = live.runs.filter((run) => run.first || own.has(run.id));
    const caption = live.summary ? `${live.summary} ${this.data.turns}` : this.data.empty;
    const rest = live.runs.length - shown.length;
    const wanted = [
      paragraph(caption),
      ...shown.map((run) => this.row(run, own.has(run.id))),
      ...(rest ? [paragraph(this.data.more.replace("{n}", rest))] : []),
    ];
    const focused = this.root.getRootNode().activeElement?.dataset.run;
    this.root.replaceChildren(...wanted);
    if (focused) this.root.querySelector(`[data-run="${focused}"]`)?.focus();
  }

  row(run, own) {
    const button = document.createElement("button");
    button.dataset.run = run.id;
    button.className = run.running ? "running" : "waiting";
    button.textContent = own ? `${run.text} · ${this.data.yours}` : run.text;
    button.onclick = () => this.choose(run.id);
    return button;
  }
}

function wait(live) {
  return live.runs.length ? SECONDS.busy : SECONDS.idle;
}

function paragraph(text) {
  const made = document.createElement("p");
  made.textContent = text;
  return made;
}
