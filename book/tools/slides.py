"""Ten slides for each chapter, made from the figures of its built page.

    make book && python book/tools/slides.py [CHAPTER ...]

They lie in `_build/slides`, one HTML file a chapter with what it needs beside it: reveal.js and
MathJax, nothing from a network. No number is typed: what a slide shows is what the page shows.
"""

import argparse
import re
import shutil
import sys
from importlib.util import find_spec
from pathlib import Path

from bs4 import BeautifulSoup, Tag

from collapse.base.errors import CollapseError
from collapse.base.files import write_text
from notebooks import ROOT, chapters

SLIDES = 10
VENDOR = Path(__file__).parent / "vendor" / "reveal"
DECK = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="stylesheet" href="reveal/reset.css">
<link rel="stylesheet" href="reveal/reveal.css">
<link rel="stylesheet" href="reveal/book.css">
<script>MathJax = {{ options: {{ processHtmlClass: "tex2jax_process|mathjax_process" }} }};</script>
<script src="mathjax/tex-svg-full.js"></script>
<script src="reveal/reveal.js"></script>
</head>
<body>
<div class="reveal"><div class="slides">
{slides}
</div></div>
<script>Reveal.initialize({{ hash: true, width: 1280, height: 720, transition: "none" }});</script>
</body>
</html>
"""


def slides_of(page: Path) -> list[str]:
    """The slides of a chapter, as HTML.

    Args:
        page: HTML of a chapter.

    Raises:
        CollapseError: when it is none, or has too few figures and tables for the slides between.
    """
    article = BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser").find("article")
    if not isinstance(article, Tag):
        raise CollapseError(f"{page} is no page of the book: build it with make book.")
    for link in article.find_all(class_="headerlink"):
        link.decompose()
    for link in article.find_all("a", href=re.compile(r"^(?!https?:)")):
        link.unwrap()  # it leads to a place on the page, which no slide has
    first, last = title_slide(article), closing(article)
    wanted = SLIDES - 1 - len(last)
    middle = [shown(each) for each in figures(article)][:wanted]
    if len(middle) < wanted:
        raise CollapseError(f"{page} has {len(middle)} figures and tables; slides need {wanted}.")
    return [first, last[0], *middle, *last[1:]]


def title_slide(article: Tag) -> str:
    """Title, question and answer of a chapter."""
    heading = article.find("h1")
    said = [p for p in article.find_all("p") if re.match(r"The (question|answer)", p.get_text())]
    return f"<h1>{inner(heading)}</h1>" + "".join(f"<p>{inner(p)}</p>" for p in said[:2])


def figures(article: Tag) -> list[Tag]:
    """The figures of a chapter in order, and behind them its tables, each with a number."""
    by_id = [article.find_all(id=re.compile(rf"^{kind}-\d")) for kind in ("figure", "table")]
    return [each for group in by_id for each in group if not each.find_parent("details")]


def shown(figure: Tag) -> str:
    """A slide with a figure, under the heading of its section."""
    section = figure.find_previous("h2")
    return f"<h2>{inner(section)}</h2>\n{figure}"


def closing(article: Tag) -> list[str]:
    """The predictions to be made, and what the reader can do at the end."""
    made = []
    for words in ("Predict before you run", "What you can now do"):
        heading = article.find(lambda tag, w=words: tag.name == "h2" and w in tag.get_text())
        found = heading.find_next(["ol", "ul"]) if isinstance(heading, Tag) else None
        if isinstance(found, Tag):
            made.append(f"<h2>{words}</h2>\n{found}")
    return made


def inner(tag: object) -> str:
    """What stands in an element; nothing where there is none."""
    return tag.decode_contents() if isinstance(tag, Tag) else ""


def write_slides(page: Path, folder: Path) -> Path:
    """Write the slides of a page; returns where."""
    slides = slides_of(page)
    title = BeautifulSoup(slides[0], "html.parser").find("h1")
    text = title.get_text() if title else page.stem
    made = "\n".join(f"<section>{slide}</section>" for slide in slides)
    path = folder / f"{page.stem}.html"
    write_text(path, DECK.format(title=text, slides=made))
    return path


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("chapters", nargs="*", help="such as 05_bn_vae; all without")
    parser.add_argument("--site", type=Path, default=ROOT / "_build" / "html" / "book")
    parser.add_argument("--out", type=Path, default=ROOT / "_build" / "slides")
    chosen = parser.parse_args()
    spine = [page.stem for page in chapters() if re.match(r"\d\d_", page.stem)]
    shutil.copytree(VENDOR, chosen.out / "reveal", dirs_exist_ok=True)
    (math,) = find_spec("sphinx-mathjax-offline").submodule_search_locations or [""]
    shutil.copytree(Path(math) / "static" / "mathjax", chosen.out / "mathjax", dirs_exist_ok=True)
    for name in chosen.chapters or spine:
        page = chosen.site / f"{name}.html"
        if not page.exists():
            print(f"There is no {page}: make book builds it.", file=sys.stderr)
            return 2
        print(write_slides(page, chosen.out))
    return 0


if __name__ == "__main__":
    sys.exit(main())
