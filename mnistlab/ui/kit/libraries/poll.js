// Asks the server again and again what is new, but rarely while the tab is hidden.
class Poll {
  // `question()`: the address to ask; `take(status, answer)`: what to do with the answer (null where
  // it is none), and returns in how many seconds to ask again.
  constructor(question, take) {
    Object.assign(this, { question, take, number: 0 });
    this.awake = () => this.running && !document.hidden && this.ask();
    document.addEventListener("visibilitychange", this.awake);
  }

  start(seconds) {
    this.stop();
    this.running = true;
    this.timer = setTimeout(() => this.ask(), 1000 * (document.hidden ? Poll.HIDDEN : seconds));
  }

  stop() {
    this.running = false;
    this.number += 1; // an answer that is still on its way is not ours any more
    clearTimeout(this.timer);
  }

  end() {
    this.stop();
    document.removeEventListener("visibilitychange", this.awake);
  }

  async ask() {
    clearTimeout(this.timer);
    if (Poll.leaving()) return this.start(Poll.LEAVING);
    const number = ++this.number;
    let [status, answer] = [0, null]; // while the server is away
    try {
      const response = await fetch(this.question(), { cache: "no-cache" });
      status = response.status;
      if (response.ok) answer = await response.json();
    } catch (error) {
      // fetch's word for "no connection", and a proxy's page where JSON was expected
      if (!(error instanceof TypeError || error instanceof SyntaxError)) throw error;
    }
    if (number !== this.number) return;
    if (Poll.leaving()) return this.start(Poll.LEAVING); // the answer can wait
    this.start(Poll.FAILED); // even if the answer cannot be taken
    this.start(this.take(status, answer) ?? Poll.FAILED);
  }
}
Poll.HIDDEN = 30; // seconds
Poll.FAILED = 5;
Poll.LEAVING = 1;

// Whether the reader has just clicked a link to another page. What a component tells its page then
// would call the reader back: Streamlit runs the page of which it was told last.
Poll.leaving = () => {
  const { from, at } = Poll.click ?? {};
  return from === location.href && performance.now() - at < 1000 * Poll.AWAY;
};
Poll.AWAY = 5; // after so long the link has led nowhere
document.addEventListener(
  "click",
  (event) => {
    const link = event.target.closest?.('[data-testid="stPageLink-NavLink"]');
    if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey)
      Poll.click = { from: location.href, at: performance.now() };
  },
  true,
);
// A link that is a step in the tab's history, see glossary/cards.js: the address is new at once, the
// page is not.
window.addEventListener("popstate", ({ isTrusted }) => {
  if (!isTrusted) Poll.click = { from: location.href, at: performance.now() };
});
