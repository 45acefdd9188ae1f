// Formulas and code that are wider than their column scroll; so that every browser lets the keys
// scroll them, they take the focus while they do.
class Scrolling {
  constructor() {
    const soon = () => this.soon();
    new MutationObserver(soon).observe(document.body, { childList: true, subtree: true });
    window.addEventListener("resize", soon);
    document.fonts.addEventListener("loadingdone", soon);
    this.soon();
  }

  soon() {
    this.waiting ??= requestAnimationFrame(() => {
      this.waiting = null;
      const regions = [...document.querySelectorAll(".katex-display, pre")];
      const wide = regions.map((region) => region.scrollWidth > region.clientWidth);
      regions.forEach((region, i) => {
        if (wide[i]) region.tabIndex = 0;
        else region.removeAttribute("tabindex");
      });
    });
  }
}
