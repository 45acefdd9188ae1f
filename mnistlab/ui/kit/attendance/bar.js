// The class above the title of every page. Asks the server each second what is new in it, and tells
// the page of it by the trigger `changed`; covers the page while the teacher wants to be looked at;
// tells the server of a raised hand.

const HEARD = 2000; // ms after which the answers to all know what one has told

export default function ({ parentElement, data, setTriggerValue }) {
  const bar = (parentElement.classBar ??= new ClassBar(parentElement));
  bar.show(data, (number) => setTriggerValue("changed", number));
  return () => {
    bar.poll.end();
    bar.cover.end();
    bar.root.remove();
    delete parentElement.classBar;
  };
}

class ClassBar {
  constructor(parent) {
    this.root = document.createElement("div");
    this.root.className = "class-bar";
    this.text = document.createElement("span");
    this.kept = document.createElement("span");
    this.kept.className = "kept";
    this.hand = document.createElement("button");
    this.hand.onclick = () => this.raise(!this.raised);
    this.showing = new Showing();
    this.root.append(this.text, this.kept, this.hand, this.showing.root);
    parent.append(this.root);
    this.cover = new Cover(parent);
    this.poll = new Poll(
      () => this.data.url,
      (status, live) => {
        if (live) this.signalled(live);
        if (live) this.follow(live);
        else if (status === 403) this.leave(); // the class is over, or one is in it no more
        return this.data.seconds;
      },
    );
  }

  // Cover the page at once, as it is; have it drawn anew where it has changed, but not while it is
  // covered.
  follow(live) {
    const covers = live.look_up && this.data.cover;
    this.cover.show(covers);
    if (covers || live.number === this.known) return;
    this.known = live.number;
    this.tell(live.number);
  }

  // Have the page drawn anew, once: it says why.
  leave() {
    if (!this.left) this.tell("");
    this.left = true;
  }

  show(data, tell) {
    Object.assign(this, { data, tell, known: data.known, left: false });
    this.cover.show(data.covered && data.cover);
    this.text.replaceChildren(bold(data.name), ` · ${data.who}`);
    this.kept.textContent = data.kept;
    this.kept.hidden = !data.kept;
    this.hand.hidden = data.hand === null || !data.me;
    this.drawHand(data.hand);
    this.showing.show(data.showing, data.me);
    if (data.url) this.poll.start(data.seconds);
    else this.poll.stop();
  }

  drawHand(raised) {
    this.raised = Boolean(raised);
    this.hand.replaceChildren(handIcon(), ` ${this.raised ? this.data.lower : this.data.raise}`);
    this.hand.setAttribute("aria-pressed", this.raised);
  }

  async raise(raised) {
    this.drawHand(raised);
    this.told = Infinity; // until the server knows, what it says is older
    if (!(await tellServer(this.data.me, { hand: raised }))) this.drawHand(!raised);
    this.told = performance.now();
  }

  // What the teacher wants of this student, or has done.
  signalled({ hands, asked }) {
    if (this.data.number === null) return;
    this.showing.asked(asked.includes(this.data.number));
    const old = performance.now() - (this.told ?? -Infinity) < HEARD;
    if (!old) this.drawHand(hands.includes(this.data.number));
  }
}

function bold(text) {
  const made = document.createElement("strong");
  made.textContent = text;
  return made;
}
