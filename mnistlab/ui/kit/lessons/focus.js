// Gives the focus to the heading of the step called `title`, once the page that is being drawn has
// it and is drawn; nothing where the reader has chosen something else meanwhile.
function focusStep(title) {
  const start = document.activeElement;
  const look = () => {
    const now = document.activeElement;
    if (now?.isConnected && now !== document.body && now !== start) return;
    const heading = document.querySelector(".st-key-lesson :is(h1, h2, h3)");
    const drawn = document.querySelector('[data-test-script-state="notRunning"]');
    if (!drawn || heading?.textContent !== title) return void requestAnimationFrame(look);
    heading.tabIndex = -1;
    heading.focus();
  };
  look();
}
