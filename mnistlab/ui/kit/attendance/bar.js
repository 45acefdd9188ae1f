// The class above the title of every page. Asks the server each second what is new in it, and tells
// the page of it by the trigger `changed`; tells the server of a raised hand.

export default function ({ parentElement, data, setTriggerValue }) {
  const bar = (parentElement.classBar ??= new ClassBar(parentElement));
  bar.show(data, (number) => setTriggerValue("changed", number));
  return () => {
    bar.poll.end();
    bar.root.remove();
    delete parentElement.classBar;
  };
}

class ClassBar {
  constructor(parent) {
    this.root = document.createElement("div");
    this.root.className = "class-bar";
    this.text = document.createElement("span");
    this.hand = document.createElement("button");
    this.hand.onclick = () => this.raise(!this.raised);
    this.root.append(this.text, this.hand);
    parent.append(this.root);
    this.poll = new Poll(
      () => this.data.url,
      (status, live) => {
        if (live && live.number !== this.known) {
          this.known = live.number;
          this.tell(live.number);
        }
        return this.data.seconds;
      },
    );
  }

  show(data, tell) {
    Object.assign(this, { data, tell, known: data.known });
    this.text.replaceChildren(bold(data.name), ` · ${data.who}`);
    this.hand.hidden = data.hand === null || !data.me;
    this.drawHand(data.hand);
    if (data.url) this.poll.start(data.seconds);
    else this.poll.stop();
  }

  drawHand(raised) {
    this.raised = Boolean(raised);
    this.hand.textContent = this.raised ? `✋ ${this.data.lower}` : this.data.raise;
    this.hand.setAttribute("aria-pressed", this.raised);
  }

  async raise(raised) {
    this.drawHand(raised);
    const told = await tellServer(this.data.me, { hand: raised });
    if (!told) this.drawHand(!raised);
  }
}

// Whether the server took what it was told.
async function tellServer(address, what) {
  try {
    const answer = await fetch(address, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(what),
    });
    return answer.ok;
  } catch (error) {
    if (!(error instanceof TypeError)) throw error; // fetch's word for "no connection"
    return false;
  }
}

function bold(text) {
  const made = document.createElement("strong");
  made.textContent = text;
  return made;
}
