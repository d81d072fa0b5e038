"""A small corpus with its own files, source and cache, so that no test needs the network."""

import hashlib
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest

from collapse.data import CORPORA, registry, texts
from collapse.data.corpora import Text

LINES = {
    "train.txt": "the food was good\nthe staff was rude\n\nthe the food\n",
    "valid.txt": "the staff was good\n",
    "test.txt": "zebra zebra\nfood was odd\n",
}
NOBODY = "http://127.0.0.1:9/"  # the discard port: refuses at once


@pytest.fixture
def places(tmp_path, monkeypatch):
    """Empty data, cache and web folders; the environment points to the first two."""
    for name in ("data/tiny", "cache", "web"):
        (tmp_path / name).mkdir(parents=True)
    monkeypatch.setenv("COLLAPSE_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("COLLAPSE_CACHE", str(tmp_path / "cache"))
    return tmp_path


@pytest.fixture
def tiny(places, monkeypatch):
    """The registered corpus "tiny", with its files in the data folder and no reachable source."""
    for name, text in LINES.items():
        (places / "data/tiny" / name).write_text(text)
        digest = hashlib.sha256(text.encode()).hexdigest()
        source = registry.SourceFile(NOBODY + name, digest)
        monkeypatch.setitem(registry.FILES, f"tiny/{name}", source)
    files = tuple(f"tiny/{name}" for name in LINES)
    scales = {"light": (2, 1, 2, 20), "full": (9, 9, 9, 20)}
    monkeypatch.setitem(
        CORPORA, "tiny", Text("A tiny text.", "Free.", files, texts.read_plain, scales)
    )
    return places / "data/tiny"


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *words):
        pass


@pytest.fixture
def web(places):
    """A web server for the folder ``web``; yields its address."""
    handler = partial(Quiet, directory=str(places / "web"))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()
