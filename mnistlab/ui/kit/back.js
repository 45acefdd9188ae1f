// One press of Back undoes what one act did. Streamlit makes an entry in the browser's history for
// each parameter that a page changes; here, what comes after an act's first entry is written over it.
class Back {
  constructor() {
    this.acted = false;
    const acts = () => { this.acted = true; };
    for (const act of ["pointerdown", "click", "keydown"]) window.addEventListener(act, acts, true);
    const push = history.pushState.bind(history);
    history.pushState = (...entry) => {
      if (this.acted) push(...entry);
      else history.replaceState(...entry);
      this.acted = false;
    };
  }
}
