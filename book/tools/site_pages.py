"""An extension of Sphinx: pages that fetch nothing from elsewhere and whose scripts have no errors.

The theme loads Thebe's scripts though no page uses them, twice, so that the second is an error; it
names no colour mode, which its own script complains of. The badge of Colab is an image on another
server, where notebooks need it; a page shows the one that is its own. A table that is wider than a
small screen scrolls, and what scrolls must take the focus of the keyboard. A notebook has the
number of an equation at the end of the sentence before it, where every reader of notebooks shows
it; a page has it beside the equation. That runs were found is said to whoever runs a notebook only.
"""

import re
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

CITATIONS = 'class="citation-list"'
NUMBER_OF_EQUATION = re.compile(r"\(\d[a-z]?\.\d+\)")
# What is said to those who wait for runs.
LOG = re.compile(r"(<pre><span></span>)(?:\d+ runs?: \d+ loaded\.\n)+")
EMPTY = re.compile(
    r'<div class="output stream [^>]*>\s*<div class="highlight">'
    r"<pre><span></span></pre></div>\s*</div>"
)
BADGE = "https://colab.research.google.com/assets/colab-badge.svg"


def mend(app: Sphinx, name: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Change what a page is made from, just before it is written."""
    context["default_mode"] = "auto"
    context["script_files"] = [each for each in context["script_files"] if not is_thebe(each)]
    context["css_files"] = [each for each in context["css_files"] if not is_thebe(each)]
    if "body" in context:
        own = context["pathto"]("_static/colab-badge.svg", resource=True)
        body = without_log(context["body"]).replace(BADGE, own)
        context["body"] = body.replace(
            '<table class="docutils', '<table tabindex="0" class="docutils'
        )
        # What a list of references holds is no list item, so the list may not call itself one.
        context["body"] = context["body"].replace('role="list" class="citation-list"', CITATIONS)


def without_log(body: str) -> str:
    """A page without the lines that say that runs were found, and without boxes of nothing else."""
    return EMPTY.sub("", LOG.sub(r"\1", body))


def is_thebe(asset: Any) -> bool:
    """Whether a script or style sheet is of Thebe, by its address or its text."""
    text = getattr(asset, "attributes", {}).get("body") or ""
    return "thebe" in f"{getattr(asset, 'filename', asset)}{text}".lower()


def number_equations(app: Sphinx, doctree: nodes.document) -> None:
    """Move the bold number that ends a paragraph to the side of the display that follows it."""
    for bold in list(doctree.findall(nodes.strong)):
        paragraph, number = bold.parent, bold.astext()
        display = paragraph.next_node(descend=False, siblings=True)
        after = "".join(each.astext() for each in paragraph[paragraph.index(bold) + 1 :])
        if after.strip() or not isinstance(display, nodes.math_block):
            continue
        if not NUMBER_OF_EQUATION.fullmatch(number):
            continue
        paragraph.remove(bold)
        beside = nodes.raw("", f'<span class="eqno">{number}</span>', format="html")
        display.parent.insert(display.parent.index(display), beside)


def setup(app: Sphinx) -> dict[str, bool]:
    """What Sphinx calls."""
    app.connect("doctree-read", number_equations)
    app.connect("html-page-context", mend, priority=900)  # after the theme and its extensions
    return {"parallel_read_safe": True, "parallel_write_safe": True}
