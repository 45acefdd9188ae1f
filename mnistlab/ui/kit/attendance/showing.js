// A student's page for the teacher to see: the student sends it, or agrees when the teacher asks.
class Showing {
  constructor() {
    this.root = document.createElement("span");
    this.root.className = "showing";
    this.root.setAttribute("role", "status");
    this.text = document.createElement("span");
    this.yes = document.createElement("button");
    this.no = document.createElement("button");
    this.yes.onclick = () => this.tell(this.place());
    this.no.onclick = () => this.tell(null);
    this.root.append(this.text, this.yes, this.no);
  }

  // `data`: what `showing.py` says; null for the teacher. `address`: what is told where.
  show(data, address) {
    this.root.hidden = !data || !address;
    if (this.root.hidden) return;
    Object.assign(this, { data, address, wanted: data.asked, shown: data.shown });
    this.draw();
  }

  asked(wanted) {
    if (this.telling || this.root.hidden || wanted === this.wanted) return;
    this.wanted = wanted;
    this.draw();
  }

  draw() {
    const { wanted, shown, data } = this;
    this.root.classList.toggle("asked", wanted);
    this.text.textContent = wanted ? data.asks : shown ? data.sent : "";
    this.yes.textContent = wanted ? data.agree : data.send;
    this.no.textContent = wanted ? data.decline : data.stop;
    this.no.hidden = !wanted && !shown;
  }

  // The page as its link describes it.
  place() {
    const query = Object.fromEntries(new URLSearchParams(window.location.search));
    return { page: this.data.page, query };
  }

  async tell(shown) {
    this.telling = true; // meanwhile the server's answers are older
    const [before, wanted] = [this.shown, this.wanted];
    Object.assign(this, { shown: shown !== null, wanted: false });
    this.draw();
    if (!(await tellServer(this.address, { shown }))) {
      Object.assign(this, { shown: before, wanted });
      this.draw();
    }
    setTimeout(() => (this.telling = false), Showing.HEARD);
  }
}
Showing.HEARD = 2000; // ms after which the answers to all know what one has told
