"""Keep the repository's public address the same everywhere: `pyproject.toml` is the one place.

    python book/tools/address.py            write it into every file that names it
    python book/tools/address.py --check    only say which files disagree (exit status 1)

To move the project, change [project.urls] Repository in pyproject.toml and run the first form.
"""

import argparse
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
COLAB = "https://colab.research.google.com/github"
BINARY = {".png", ".jpg", ".gif", ".ico", ".xz", ".gz", ".npz", ".safetensors", ".woff2"}
# Where an address of the project stands, whoever owns it: group 1 is "owner/name".
SHAPES = (
    r"colab\.research\.google\.com/github/([\w.-]+/[\w.-]+)",
    r"git\+https://github\.com/([\w.-]+/[\w-]+)",
)


def repository(root: Path = ROOT) -> str:
    """The address that pyproject.toml gives, without a slash at its end."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return project["urls"]["Repository"].rstrip("/")


def slug(address: str) -> str:
    """The "owner/name" of a GitHub address."""
    return "/".join(address.split("/")[-2:])


def colab_link(path: str, root: Path = ROOT) -> str:
    """The address that opens the notebook at ``path`` (as the repository names it) in Colab."""
    return f"{COLAB}/{slug(repository(root))}/blob/main/{path}"


def text_files(root: Path) -> list[Path]:
    """The text files of the repository: tracked, or new and not ignored."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=root, check=False, capture_output=True, text=True).stdout
    # A downloaded archive has no index: the files whose address can be known must do.
    names = {name for name in listed.split("\0") if name} or required(root)
    paths = [root / name for name in sorted(names)]
    return [path for path in paths if path.is_file() and path.suffix not in BINARY]


def written(root: Path) -> str:
    """The address that was written last; the site's configuration remembers it."""
    return yaml.safe_load((root / "_config.yml").read_text(encoding="utf-8"))["repository"]["url"]


def replaced(text: str, old: str, new: str) -> str:
    """``text`` with every form of the old address in the new form."""
    (old_owner, old_name), (owner, name) = old.split("/"), new.split("/")
    text = re.sub(rf"{re.escape(old)}(?![\w-])", new, text)
    return text.replace(f"{old_owner}.github.io/{old_name}", f"{owner}.github.io/{name}")


def foreign(text: str, here: str) -> set[str]:
    """Addresses in ``text`` that are the project's by their shape or name, but not ``here``."""
    name = re.escape(here.split("/")[1])
    shapes = (*SHAPES, rf"github\.com/([\w.-]+/{name})(?![\w-])")
    found = {match for shape in shapes for match in re.findall(shape, text)}
    pages = re.findall(rf"([\w-]+)\.github\.io/({name})(?![\w-])", text)
    return (found | {"/".join(page) for page in pages}) - {here}


def required(root: Path) -> dict[str, str]:
    """What must stand in which file: the address, or the Colab link of a notebook."""
    address = repository(root)
    needs = dict.fromkeys(["_config.yml", "CITATION.cff", "README.md"], address)
    for path in sorted((root / "book").glob("*.ipynb")):
        needs[f"book/{path.name}"] = colab_link(f"book/{path.name}", root)
    return needs


def disagreements(root: Path = ROOT) -> Iterator[str]:
    """A sentence for each file that lacks the address or holds another one of the project."""
    here = slug(repository(root))
    for name, need in required(root).items():
        if need not in (root / name).read_text(encoding="utf-8"):
            yield f"{name}: {need} is missing"
    for path in text_files(root):
        for other in sorted(foreign(path.read_text(encoding="utf-8", errors="replace"), here)):
            yield f"{path.relative_to(root)}: names {other}, pyproject.toml says {here}"


def write(root: Path = ROOT) -> list[Path]:
    """Put the address of pyproject.toml in the place of the old one; return the changed files."""
    old, new = slug(written(root)), slug(repository(root))
    changed = []
    for path in text_files(root) if old != new else []:
        text = path.read_text(encoding="utf-8", errors="surrogateescape")
        if (fresh := replaced(text, old, new)) != text:
            path.write_text(fresh, encoding="utf-8", errors="surrogateescape")
            changed.append(path)
    return changed


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="change nothing, report")
    if not parser.parse_args().check:
        for path in write():
            print(f"wrote {path.relative_to(ROOT)}")
    problems = list(disagreements())
    print(*problems, sep="\n") if problems else print(f"address: {repository()} everywhere")
    return int(bool(problems))


if __name__ == "__main__":
    sys.exit(main())
