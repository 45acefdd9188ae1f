// Listens for the keys of presenter mode, once per tab, wherever it is on.
if (!window.presenterKeys) {
  window.presenterKeys = true;
  // what uses arrows, or Escape, itself
  const OWN = ["input, textarea, select, canvas, [contenteditable], [data-chart]",
    '[data-testid="stButtonGroup"], [data-testid="stDataFrame"]',
    ...["slider", "radio", "tab", "option", "listbox", "combobox", "menu", "grid", "application", "img"]
      .map((role) => `[role="${role}"]`)].join();
  const OPEN = '[role="dialog"], [data-baseweb="popover"]';
  document.addEventListener("keydown", (event) => {
    const leave = document.querySelector(".st-key-present_leave button");
    const [focused] = event.composedPath();
    const modified = event.altKey || event.ctrlKey || event.metaKey || event.shiftKey;
    if (!leave || modified || event.defaultPrevented || focused.closest?.(OWN)) return;
    const way = { ArrowLeft: "back", ArrowRight: "next" }[event.key];
    if (way) document.querySelector(`[class*="st-key-lesson-${way}-"] button:not(:disabled)`)?.click();
    else if (event.key === "Escape" && !document.querySelector(OPEN)) leave.click();
  });
}
