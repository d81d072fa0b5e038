"""Figures in a real browser, with the network off."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from matplotlib.figure import Figure

from collapse.viz import explore, picture, results_table
from notebooks import ROOT

CHROMIUM = shutil.which("chromium")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium on this machine"),
]


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    quiet = ["--disable-gpu", "--disable-background-networking", "--no-first-run"]
    # Chromium's sandbox does not start for root, as in most containers.
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    return {**browser_type_launch_args, "executable_path": CHROMIUM, "args": quiet + sandbox}


@pytest.fixture(scope="session")
def base_url():
    """No site: pytest-playwright 0.10 defines this fixture in a way that pytest 9.2 warns of."""
    return None


def draw(value):
    fig = Figure(figsize=(6.4, 3.8))
    fig.subplots().plot([0, value])
    return fig


@pytest.fixture(scope="session")
def address(tmp_path_factory):
    weight = explore(
        draw,
        [0.1, 0.2, 0.4],
        label="KL weight β",
        alt=lambda value: f"A line up to {value}.",
        see="the line rises.",
        unit="nats",
        live=False,
    )
    rate = explore(draw, [1, 2], label="Rate", alt="A line.", see="it rises.", live=False)
    table = results_table({"vae": {f"measure {i}": [1.0] for i in range(9)}}, caption="Nine.")
    still = picture(draw(3), alt="A line.", see="it rises.")
    # The first figure stands twice: a page may be made so, and both must work.
    body = "".join(each.html for each in (weight, rate, weight, still, table))
    path = tmp_path_factory.mktemp("page") / "page.html"
    path.write_text(
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Figures</title>'
        f'<meta name="viewport" content="width=device-width"><body>{body}</body></html>',
        encoding="utf-8",
    )
    return path.as_uri()


@pytest.fixture
def offline(context):
    """A browser context in which any request to the network fails and is written down."""
    requests = []
    context.route("http*://**", lambda route: requests.append(route.request.url) or route.abort())
    context.set_offline(True)
    yield context
    assert requests == []


@pytest.fixture
def page(offline, address):
    page = offline.new_page()
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(address)
    yield page
    assert errors == []


def parts(figure):
    return figure.get_by_role("slider"), figure.locator("img"), figure.locator("output")


def test_an_arrow_key_moves_slider_picture_and_words(page):
    slider, image, output = parts(page.locator(".collapse-explore").first)
    before = image.get_attribute("src")
    assert output.text_content() == "0.1 nats"
    slider.focus()
    page.keyboard.press("ArrowRight")
    assert slider.input_value() == "1"
    assert output.text_content() == "0.2 nats"
    assert slider.get_attribute("aria-valuetext") == "0.2 nats"
    assert image.get_attribute("alt") == "A line up to 0.2."
    assert image.get_attribute("src") != before
    assert image.evaluate("image => image.decode().then(() => image.naturalWidth)") == 1228
    page.keyboard.press("Home")
    assert image.get_attribute("src") == before


def test_each_figure_has_its_own_slider(page):
    figures = page.locator(".collapse-explore")
    assert figures.count() == 3
    start, end = ["0.1 nats", "1", "0.1 nats"], ["0.4 nats", "2", "0.4 nats"]
    for moved in range(3):
        parts(figures.nth(moved))[0].press("End")
        texts = [parts(figures.nth(i))[2].text_content() for i in range(3)]
        assert texts == end[: moved + 1] + start[moved + 1 :]


def test_a_copy_displayed_later_leaves_a_moved_slider_alone(page):
    figure = page.locator(".collapse-explore").first
    parts(figure)[0].press("End")
    page.evaluate("eval(document.querySelector('.collapse-explore script').textContent)")
    assert parts(figure)[0].input_value() == "2"


def test_the_slider_is_named_by_its_label(page):
    by_name = page.get_by_role("slider", name="KL weight β", exact=True)
    assert by_name.count() == 2
    page.get_by_text("KL weight β").first.click()
    assert by_name.first.evaluate("slider => slider === document.activeElement")


def test_print_shows_the_picture_and_its_value_without_the_slider(page):
    page.emulate_media(media="print")
    figure = page.locator(".collapse-explore").first
    assert not figure.locator("input").is_visible()
    assert figure.locator("img").is_visible()
    assert figure.locator("output").is_visible()


@pytest.mark.parametrize("width", [360, 1100])
def test_nothing_overflows(page, width):
    page.set_viewport_size({"width": width, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") == width
    widths = page.locator("img, input, figcaption").evaluate_all(
        "all => all.map(each => each.getBoundingClientRect().right)"
    )
    assert max(widths) <= width
    image = page.locator("img").first.bounding_box()
    assert image["width"] == (614 if width == 1100 else pytest.approx(width, abs=20))
    assert image["width"] / image["height"] == pytest.approx(6.4 / 3.8, rel=0.01)


@pytest.fixture
def without_script(browser, address):
    context = browser.new_context(java_script_enabled=False, offline=True)
    page = context.new_page()
    page.goto(address)
    yield page
    context.close()


def test_without_script_the_first_frame_stands_with_its_value(without_script):
    figure = without_script.locator(".collapse-explore").first
    assert not figure.locator("input").is_visible()
    assert figure.locator("output").text_content() == "0.1 nats"
    assert figure.locator("img").is_visible()
    assert figure.locator("img").bounding_box()["width"] == 614
    assert figure.locator("img").get_attribute("alt") == "A line up to 0.1."


# --- a page of the site, built as the book is ----------------------------------------------------

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


def test_the_audit_is_content_with_such_a_page_and_says_what_is_wrong_with_another(
    site: Path, tmp_path: Path
) -> None:
    def audited(folder: Path) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, str(ROOT / "book/tools/audit.py"), str(folder)]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    done = audited(site.parents[1])
    assert (done.returncode, done.stdout.strip()) == (0, "site: 0 problems")
    wrong = shutil.copytree(site.parents[1], tmp_path / "html") / "book/page.html"
    faint = "<p style='color:#aaa;background:#bbb'>Faint.</p>"
    wide = f"<table role='table'><tr><td>{'1' * 400}</td></tr></table>"
    table = f"<figure id='table-1'><div style='overflow:auto' tabindex='0'>{wide}</div></figure>"
    line = f"<pre>{'1' * 400}</pre>{faint * 2}{table}</article>"
    script = "<script>throw new Error('broken')</script>"
    wrong.write_text(wrong.read_text().replace("</article>", line + script, 1))
    done = audited(tmp_path / "html")
    assert done.returncode == 1
    assert all(
        text in done.stdout
        for text in ("broken", "px: cut off", "a table is cut off", "light: axe color-contrast")
    )
    assert "dark: axe color-contrast (serious, 1 places)" in done.stdout, "two look alike"


def test_of_a_built_page_no_script_complains_and_nothing_is_fetched(site: Path, context) -> None:
    said: list[str] = []
    page = context.new_page()
    page.on("console", lambda m: said.append(m.text) if m.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda r: said.append(r.url) if r.url.startswith("http") else None)
    page.goto(site.as_uri())
    page.wait_for_load_state("networkidle")
    badge = page.get_by_alt_text("Open in Colab")
    assert badge.evaluate("image => image.naturalWidth") > 50
    assert said == []
