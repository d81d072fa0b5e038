"""Look at every page of the built site as a browser shows it, and say what is wrong.

    python book/tools/audit.py [FOLDER]

On a wide and on a narrow screen no line of code or of results is cut off, nothing is wider than the
screen, and no formula within a line has a scroll bar; on the wide one no numbered table has one.
No script complains, nothing is fetched from elsewhere, and axe finds nothing serious or critical,
in light or in dark. Needs a Chromium.
"""

import argparse
import os
import shutil
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import BrowserContext, Page, sync_playwright

from notebooks import ROOT

WIDE, NARROW, HIGH = 1280, 360, 900
SETTLED = 300  # milliseconds in which colours have changed
COLOURS = {"runOnly": {"type": "rule", "values": ["color-contrast"]}}
# Moderate or minor by axe, and a fifth of its time.
MODERATE = ("region", "landmark-unique", "landmark-one-main", "heading-order", "empty-heading")
SERIOUS = {"rules": {rule: {"enabled": False} for rule in MODERATE}}
MODES: dict[str, dict[str, object]] = {"light": SERIOUS, "dark": COLOURS}  # what axe looks at
BAD = ("serious", "critical")
# Thousands of spans of code are as light as each other: of all visible text with the same colour,
# size, weight and grounds axe compares the first only.
ALIKE = """() => {
  const grounds = new Map(), seen = new Set();
  for (const each of document.querySelectorAll("body, body *")) {
    const style = getComputedStyle(each);
    const own = [style.backgroundColor, style.backgroundImage, style.opacity].join();
    grounds.set(each, (grounds.get(each.parentElement) ?? "") + "|" + own);
    const look = [style.color, style.fontSize, style.fontWeight, grounds.get(each)].join();
    const text = [...each.childNodes].some(e => e.nodeType === 3 && e.data.trim());
    const first = text && each.checkVisibility() && !seen.has(look);
    const field = each.matches("input, select, textarea");  // whose text is no node
    each.toggleAttribute("data-alike", !first && !field);
    if (first) seen.add(look);
  }
  axe.configure({rules: [{id: "color-contrast", selector: ":not([data-alike])"}]});
}"""
CUT = """[...document.querySelectorAll(".bd-article pre")].filter(each =>
  each.offsetParent && [each, each.parentElement].some(e => e.scrollWidth > e.clientWidth + 1)
).map(each => each.innerText.trim().split("\\n")[0].slice(0, 60)).filter(text => text)"""
# By more than a letter: another machine has another font.
TABLES = """[...document.querySelectorAll("figure[id^=table-] table")].filter(each =>
  each.offsetParent && each.scrollWidth > each.parentElement.clientWidth + 16
).map(each => each.closest("figure").innerText.trim().split("\\n")[0].slice(0, 60))"""
BARS = """[...document.querySelectorAll(".bd-article span.math")].filter(each =>
  each.scrollWidth > each.clientWidth + 1 && getComputedStyle(each).overflowX !== "visible"
).map(each => each.innerText.slice(0, 30))"""


def look(context: BrowserContext, page: Path) -> Iterator[str]:
    """What is wrong with a page: wide in light and in dark, then narrow."""
    said: list[str] = []
    sheet = context.new_page()
    sheet.on("console", lambda m: said.append(m.text) if m.type in ("error", "warning") else None)
    sheet.on("pageerror", lambda error: said.append(str(error)))
    sheet.on("request", lambda r: said.append(r.url) if r.url.startswith("http") else None)
    sheet.goto(page.as_uri())
    sheet.evaluate("window.MathJax?.startup?.promise")
    yield from said
    yield from layout(sheet, WIDE)
    yield from (f"{WIDE} px: a table is cut off: {text!r}" for text in sheet.evaluate(TABLES))
    for mode, rules in MODES.items():
        sheet.evaluate("mode => { document.documentElement.dataset.theme = mode }", mode)
        sheet.wait_for_timeout(SETTLED)
        yield from (f"{mode}: {text}" for text in accessibility(sheet, rules))
    sheet.set_viewport_size({"width": NARROW, "height": HIGH})
    yield from layout(sheet, NARROW)
    sheet.close()


def layout(sheet: Page, width: int) -> Iterator[str]:
    """What is too wide."""
    if (wide := sheet.evaluate("document.documentElement.scrollWidth")) > width:
        yield f"{width} px: the page is {wide} pixels wide"
    for text in sheet.evaluate(CUT):
        yield f"{width} px: cut off: {text!r}"
    for text in sheet.evaluate(BARS):
        yield f"{width} px: a formula with a scroll bar: {text!r}"


def accessibility(sheet: Page, rules: dict[str, object]) -> Iterator[str]:
    """What axe calls serious or critical, by these rules or, without any, by all of its own."""
    sheet.evaluate(AXE_SCRIPT)
    sheet.evaluate(ALIKE)
    options = {"resultTypes": ["violations"], **rules}
    for found in sheet.evaluate("options => axe.run(options)", options)["violations"]:
        if found["impact"] in BAD:
            where = "; ".join(node["html"][:100] for node in found["nodes"][:3])
            yield f"axe {found['id']} ({found['impact']}, {len(found['nodes'])} places): {where}"


def audit(folder: Path) -> list[str]:
    """Everything that is wrong with the pages of a built site, one sentence each."""
    pages, workers = sorted((folder / "book").rglob("*.html")), min(os.cpu_count() or 1, 4)
    shares = [pages[first::workers] for first in range(min(workers, len(pages)))]
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        looks = [pool.submit(look_at_all, folder, share) for share in shares]
        return sorted(text for each in looks for text in each.result())


def look_at_all(folder: Path, pages: list[Path]) -> list[str]:
    """What is wrong with some of the pages, in a browser of its own."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"),
            # Bars are hidden in a browser without a screen; here they take their room.
            ignore_default_args=["--hide-scrollbars"],
            args=["--no-sandbox"] if os.geteuid() == 0 else [],
        )
        context = browser.new_context(
            viewport={"width": WIDE, "height": HIGH}, reduced_motion="reduce"
        )
        return [
            f"{page.relative_to(folder)}: {text}" for page in pages for text in look(context, page)
        ]


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?", type=Path, default=ROOT / "_build/html")
    found = audit(parser.parse_args().folder.resolve())
    print(*found, f"site: {len(found)} problems", sep="\n")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
