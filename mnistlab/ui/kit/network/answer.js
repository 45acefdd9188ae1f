// The ten probabilities as bars, and the answer large. It is told to a screen reader at most once a
// second.
const SAY_EVERY = 1000; // ms

class Answer {
  constructor(words, classes, colors) {
    Object.assign(this, { words, classes, said: 0 });
    this.large = element("strong", { className: "large" });
    this.share = element("span", { className: "share" });
    this.title = element("span", { className: "small", textContent: words.answer });
    this.rows = classes.map((name, digit) => {
      const bar = element("i", {});
      bar.style.background = colors[digit];
      const share = element("span", {});
      const root = element("div", { className: "row" }, [
        element("b", { textContent: name }), element("div", { className: "bar" }, [bar]), share,
      ]);
      return { root, bar, share };
    });
    this.live = element("p", { className: "spoken", role: "status", "aria-live": "polite" });
    this.head = element("div", { className: "head", "aria-hidden": "true" }, [
      this.title, element("div", {}, [this.large, this.share]),
    ]);
    const bars = element("div", { className: "bars", "aria-hidden": "true" }, this.rows.map(({ root }) => root));
    this.bars = bars;
    this.root = element("div", { className: "answer" }, [this.head, bars, this.live]);
  }

  // `shares` (10,), or null where there is nothing to answer
  show(shares, note = "") {
    const digit = shares ? argmax(shares) : null;
    this.large.textContent = shares ? this.classes[digit] : "–";
    this.large.classList.toggle("word", shares !== null && this.classes[digit].length > 2);
    this.share.textContent = shares ? percent(shares[digit], this.words.percent) : "";
    this.title.textContent = note || this.words.answer;
    for (const [place, { root, bar, share }] of this.rows.entries()) {
      const value = shares ? shares[place] : 0;
      bar.style.transform = `scaleX(${value})`;
      share.textContent = shares ? percent(value, this.words.percent) : "";
      root.classList.toggle("first", place === digit);
    }
    this.sentence = shares
      ? filled(this.words.says, { class: this.classes[digit], share: percent(shares[digit], this.words.percent) })
      : this.words.undecided;
    if (shares && note) this.sentence = `${note} · ${this.sentence}`;
    this.say();
  }

  say() {
    const wait = this.said + SAY_EVERY - performance.now();
    clearTimeout(this.timer);
    if (wait > 0) {
      this.timer = setTimeout(() => this.say(), wait);
    } else if (this.live.textContent !== this.sentence) {
      this.live.textContent = this.sentence;
      this.said = performance.now();
    }
  }

  end() {
    clearTimeout(this.timer);
  }
}
