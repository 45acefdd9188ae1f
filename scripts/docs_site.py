"""What MkDocs does besides, as a hook: see mkdocs.yml.

The README is the site's first page, CONTRIBUTING.md and CHANGELOG.md are pages of it; so links
between them and the pages in docs/ lead within the site, and what they say of a file that is not
part of it stays as words.
"""

import re
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).parents[1]
# page of the site -> file of the repository; and where pages stand that are in docs/
ADDED = {
    "en": {"index.md": "README.md", "contributing.md": "CONTRIBUTING.md"}
    | {"changelog.md": "CHANGELOG.md"},
    "zh": {"index.md": "README.zh.md"},
}
_LINK = re.compile(r"(?P<picture>!?)\[(?P<words>[^\]]*)\]\((?P<target>[^)\s]+)\)")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that are not in docs/, and what the Chinese pages share with the English."""
    for name, source in ADDED[_language(config)].items():
        files.append(File.generated(config, name, content=(ROOT / source).read_text("utf-8")))
    pictures = ROOT / "docs" / "pictures"
    if Path(config.docs_dir) != ROOT / "docs":
        shared = [*pictures.iterdir(), ROOT / "docs" / "screenshot.png"]
        for path in shared:
            name = path.relative_to(ROOT / "docs").as_posix()
            files.append(File.generated(config, name, abs_src_path=str(path)))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Let the links of a page, which are right in the repository, be right in the site."""
    source = ADDED[_language(config)].get(page.file.src_uri)
    folder = ROOT if source else (Path(config.docs_dir) / page.file.src_uri).parent

    def led(found: re.Match[str]) -> str:
        target, _, anchor = found["target"].partition("#")
        if "://" in target or not target:
            return found[0]
        uri = _in_site((folder / target).resolve(), config, files)
        if uri is None:
            return found["words"]
        return f"{found['picture']}[{found['words']}]({uri}{'#' + anchor if anchor else ''})"

    return _LINK.sub(led, markdown)


def _in_site(path: Path, config: MkDocsConfig, files: Files) -> str | None:
    """Where the file `path` is in the site, from its first page; None if it is not part of it."""
    language = _language(config)
    own = {(ROOT / source).resolve(): name for name, source in ADDED[language].items()}
    if path in own:
        return own[path]
    for docs in (Path(config.docs_dir), ROOT / "docs"):
        if path.is_relative_to(docs):
            name = path.relative_to(docs).as_posix()
            if files.get_file_from_path(name) is not None:
                return name
    if language != "en":  # what is only there in English
        english = {(ROOT / source).resolve(): name for name, source in ADDED["en"].items()}
        name = english.get(path)
        if name is None and path.is_relative_to(ROOT / "docs") and path.suffix == ".md":
            name = path.relative_to(ROOT / "docs").as_posix()
        return None if name is None else f"../{name.removesuffix('.md')}.html"
    return None


def _language(config: MkDocsConfig) -> Any:
    return "zh" if Path(config.docs_dir).name == "zh" else "en"
