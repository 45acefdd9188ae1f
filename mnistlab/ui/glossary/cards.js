// Links in the cards open in this tab, which is not loaded anew: what the reader has chosen and
// drawn comes along. To Streamlit, such a click is a step in the tab's history. With a key held they
// open in another tab, as links do.
window.mnistlabCards ??= (event) => {
  const link = event.target.closest?.('[class*="st-key-cards-"] a[href]');
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  history.pushState(null, "", link.href);
  window.dispatchEvent(new PopStateEvent("popstate"));
};
document.addEventListener("click", window.mnistlabCards); // once, however often this runs
