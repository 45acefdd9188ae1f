"""The documentation as a site: it is built in both languages, and all its links lead somewhere."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FIRST = {"en": "Learn how a neural network sees", "zh": "神经网络"}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the built site. Building it is strict: a page that is missing fails it."""
    folder = tmp_path_factory.mktemp("site")
    for configuration, place in {"mkdocs.yml": folder, "mkdocs.zh.yml": folder / "zh"}.items():
        command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet"]
        command += ["--config-file", configuration, "--site-dir", str(place)]
        subprocess.run(command, cwd=ROOT, check=True)
    return folder


def test_the_site_is_whole_in_both_languages(site: Path) -> None:
    for language, folder in {"en": site, "zh": site / "zh"}.items():
        first = (folder / "index.html").read_text("utf-8")
        assert f'<html lang="{language}"' in first
        assert FIRST[language] in first
    reference = (site / "reference.html").read_text("utf-8")
    assert "float32" in reference or "uint8" in reference  # docstrings give shapes


def test_every_link_and_picture_of_the_site_is_there(site: Path) -> None:
    missing = {
        (page.relative_to(site).as_posix(), target)
        for page in site.rglob("*.html")
        if page.name != "404.html"
        for target in re.findall(r'(?:href|src)="([^"#?]+)', page.read_text("utf-8"))
        if "://" not in target
        and not target.startswith(("data:", "mailto:"))
        and not (page.parent / target).resolve().exists()
    }
    assert missing == set()


def test_nothing_is_fetched_from_elsewhere(site: Path) -> None:
    for page in (site / "index.html", site / "zh" / "index.html"):
        fetched = re.findall(
            r'<(?:script|link|img)[^>]+(?:src|href)="https?://[^"]+', page.read_text("utf-8")
        )
        assert fetched == []
