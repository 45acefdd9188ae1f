// A sentence that covers the whole screen. The page below stays as it is, so that nothing in it is
// lost, but it can be neither seen nor used: the server answers none of its messages meanwhile.
class Cover {
  constructor(parent) {
    this.root = document.createElement("dialog");
    this.root.className = "cover";
    this.root.setAttribute("closedby", "none");
    this.root.addEventListener("cancel", (event) => event.preventDefault());
    this.root.addEventListener("close", () => this.shown && this.root.showModal());
    this.sentence = document.createElement("p");
    this.root.append(this.sentence);
    parent.append(this.root);
  }

  // Show `sentence`, or, if it is empty, the page again.
  show(sentence) {
    const shown = Boolean(sentence);
    if (shown) this.sentence.textContent = sentence;
    if (shown === Boolean(this.shown)) return;
    this.shown = shown;
    this.app = document.querySelector('[data-testid="stApp"]') ?? document.body;
    this.app.style.visibility = shown ? "hidden" : "";
    if (shown) this.root.showModal();
    else this.root.close();
  }

  end() {
    this.show("");
    this.root.remove();
  }
}
