"""A page of the site in a real browser: no script complains, nothing is fetched from elsewhere."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from notebooks import ROOT

CHROMIUM = shutil.which("chromium")
PAGE = """# A page

[![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://example.org)

$$\\log p(x) \\ge E[\\log p(x|z)]$$
"""
KEPT = ("book/static", "book/tools", "book/references.bib")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page that is built as the book is."""
    folder = tmp_path_factory.mktemp("site")
    for name in KEPT:
        (shutil.copytree if (ROOT / name).is_dir() else copied)(ROOT / name, folder / name)
    shutil.copy(ROOT / "_config.yml", folder)
    (folder / "_toc.yml").write_text("format: jb-book\nroot: book/page\n")
    (folder / "book/page.md").write_text(PAGE)
    command = [
        Path(sys.executable).parent / "jupyter-book",
        "build",
        ".",
        "-q",
        "-W",
        "--keep-going",
    ]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "_build/html/book/page.html"


def copied(source: Path, target: Path) -> None:
    """Copy a file into a folder that may not be there yet."""
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(source, target)


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium on this machine")
def test_no_script_complains_and_nothing_is_fetched(site: Path) -> None:
    said: list[str] = []
    with sync_playwright() as playwright:
        sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=sandbox)
        page = browser.new_page()
        page.on(
            "console", lambda m: said.append(m.text) if m.type in ("error", "warning") else None
        )
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda r: said.append(r.url) if r.url.startswith("http") else None)
        page.goto(site.as_uri())
        page.wait_for_load_state("networkidle")
        badge = page.get_by_alt_text("Open in Colab")
        assert badge.evaluate("image => image.naturalWidth") > 50
        browser.close()
    assert said == []
