"""In a language in which every message looks marked, a browser shows nothing that is not: also of
what scripts write, and what only screen readers say.
"""

from pathlib import Path
from typing import Any

from pseudo import is_english

from browser.site import ROOT, Server, Tab
from mnistlab.ui.kit.navigation import PAGES
from pages.runs import trained

SITE = ("pseudo_site", "serve", "--port={port}", "--address=127.0.0.1")
# Streamlit's own words, which it says in English only
STREAMLITS = {
    *("Deploy", "Stop", "Rerun", "Running...", "Browse files", "Upload", "Settings", "Print"),
    *("Collapse sidebar", "Expand sidebar", "Main menu", "Skip to main content", "sidebar"),
    *("Choose options", "Choose an option", "Press Enter to apply", "Fullscreen", "Clear all"),
}
# every text that is seen, and what screen readers say besides, also in components
READ = """() => {
  const found = [];
  const icon = '[data-testid="stIconMaterial"], style, script, code, pre, .katex, [hidden]';
  const walk = (node) => {
    if (node.nodeType === Node.TEXT_NODE) {
      if (node.textContent.trim()) found.push(node.textContent.trim());
      return;
    }
    if (node.matches?.(icon)) return;
    for (const name of ["aria-label", "title", "placeholder", "alt"])
      if (node.getAttribute?.(name)) found.push(node.getAttribute(name));
    if (node.shadowRoot) walk(node.shadowRoot);
    node.childNodes.forEach(walk);
  };
  walk(document.querySelector('[data-testid="stApp"]'));
  return found;
}"""


def test_a_browser_shows_nothing_that_is_not_translated(browser: Any, tmp_path: Path) -> None:
    settings = {"MNISTLAB_DATA": str(tmp_path / "no-data"), "MNISTLAB_EXECUTOR": "inline"}
    site = Server(tmp_path, SITE, PYTHONPATH=str(ROOT / "tests"), **settings)
    run = trained(site.store)
    site.start()
    context = browser.new_context(viewport={"width": 1280, "height": 1000})
    try:
        tab, found = Tab(context, site), {}
        for name in PAGES:
            tab.open(f"{name}?run={run.id}")
            said = set(tab.page.evaluate(READ))
            assert any("⟦" in text for text in said)
            english = {text for text in said - STREAMLITS if is_english(text)}
            if english:
                found[name] = english
        assert found == {}
    finally:
        context.close()
        site.stop()
