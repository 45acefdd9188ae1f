"""In a language in which every message looks marked, a browser shows nothing that is not: also of
what scripts write, and what only screen readers say.
"""

from pathlib import Path
from typing import Any

from pseudo import KNOWN, strange

from browser.site import ROOT, Server, Tab
from mnistlab.ui.kit.navigation import PAGES
from pages.runs import trained

SITE = ("pseudo_site", "serve", "--port={port}", "--address=127.0.0.1")
# Streamlit's own words, which it says in English only, and the names of its icons
STREAMLITS = {
    *("Skip", "main", "content", "Open", "Sidebar", "Fullscreen", "Help", "for", "progress"),
    *("Increment", "Decrement", "Copy", "clipboard", "Remove", "Selected", "values", "Clear"),
    *("Close", "Show", "password", "Drag", "and", "drop", "file", "here", "Browse", "files"),
    *("Main", "menu", "Choose", "option", "options", "Collapse", "Expand", "sidebar", "all"),
    *("Page", "page", "Pagination", "Next", "Previous", "tune", "close", "icon"),
    *("alt", "list", "chart", "code", "notes", "ssid", "show", "upload", "columns", "selection"),
    *("edit", "note", "volume", "hide", "from", "draw", "Search", "Download", "table", "rows"),
}
# the buttons of the drawable canvas, which are in English only, too
CANVAS = {
    *("Bring", "Delete", "Edit", "Redo", "Reset", "Send", "Undo", "Update", "app", "drawing"),
    *("forward", "backward", "history", "selected", "the", "this", "with"),
}
OURS = {"ABC", "DEF", "Vega", "Lite", "spec"}  # an example of a code; a kind of file
# every text that is seen, and what screen readers say besides, also in components
READ = """() => {
  const found = [], text = [];
  const icon = '[data-testid="stIconMaterial"], style, script, code, pre, .katex, [hidden], '
    + '.vega-embed';
  const walk = (node) => {
    if (node.nodeType === Node.TEXT_NODE) {
      text.push(node.textContent);
      return;
    }
    if (node.matches?.(icon)) return;
    for (const name of ["aria-label", "title", "placeholder", "alt"])
      if (node.getAttribute?.(name)) found.push(node.getAttribute(name));
    if (node.shadowRoot) walk(node.shadowRoot);
    node.childNodes.forEach(walk);
  };
  walk(document.querySelector('[data-testid="stApp"]'));
  return [...found, text.join(" ")];  // marks may begin in one element and end in another
}"""


def test_a_browser_shows_nothing_that_is_not_translated(browser: Any, tmp_path: Path) -> None:
    settings = {"MNISTLAB_DATA": str(tmp_path / "no-data"), "MNISTLAB_EXECUTOR": "inline"}
    site = Server(tmp_path, SITE, PYTHONPATH=str(ROOT / "tests"), **settings)
    run = trained(site.store)
    site.start()
    context = browser.new_context(viewport={"width": 1280, "height": 1000})
    try:
        tab, found = Tab(context, site), dict[str, set[str]]()
        for name in PAGES:
            tab.open(f"{name}?run={run.id}")
            said = set(tab.page.evaluate(READ))
            assert any("⟦" in text for text in said)
            words = {word for text in said for word in strange(text)} - KNOWN - STREAMLITS - OURS
            if name == "draw":
                words -= CANVAS
            if words:
                found[name] = words
        assert found == {}
    finally:
        context.close()
        site.stop()
