"""What the API's documentation says of types and fields: read from an installed package.

The texts are Kubernetes' own and no part of kctl. The package `lightkube-models` carries
them as docstrings of its classes, broken into lines; its modules are read as text, one
API group at a time and only when asked, never imported. Without the package there are no
descriptions, and everything else is as before.
"""

from __future__ import annotations

import ast
import re
from functools import cache, lru_cache
from importlib import metadata, util
from pathlib import Path
from typing import NamedTuple

PACKAGE = "lightkube-models"
WIDTH = 78
"""A line breaks softly where the next word would have gone beyond this column."""
_FIELD = re.compile(r"^ {6}\* \*\*(\S+?)_?\*\* ``[^`]*`` - ?", re.MULTILINE)
_PARAMETERS = "\n      **parameters**\n"


class Described(NamedTuple):
    """The texts of one type."""

    text: str
    fields: dict[str, str]


NOTHING = Described("", {})


def describe(name: str) -> Described:
    """Of a definition by its name in the schema table ("core.v1.Pod")."""
    *_, group, version, kind = name.lstrip("+%^").split(".")
    return _module(f"{group}_{version}").get(kind, NOTHING)


@cache
def edition() -> str:
    """Which texts these are, for the hashes of documents; "" where there are none."""
    try:
        return metadata.version(PACKAGE)
    except metadata.PackageNotFoundError:
        return ""


@cache
def _folder() -> Path | None:
    found = util.find_spec("lightkube")
    places = found.submodule_search_locations if found else None
    folders = [Path(each) / "models" for each in places or ()]
    return next((each for each in folders if each.is_dir()), None)


@lru_cache(maxsize=8)
def _module(name: str) -> dict[str, Described]:
    folder = _folder()
    path = folder / f"{name}.py" if folder else None
    if path is None or not path.is_file():
        return {}
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = {}
    for each in tree.body:
        if isinstance(each, ast.ClassDef):
            found[each.name] = _described(ast.get_docstring(each, clean=False) or "")
    return found


def _described(docstring: str) -> Described:
    text, _, rest = docstring.partition(_PARAMETERS)
    marks = list(_FIELD.finditer(rest))
    ends = [mark.start() for mark in marks[1:]] + [len(rest)]
    fields = {
        mark[1]: unwrapped(rest[mark.end() : end], 8) for mark, end in zip(marks, ends, strict=True)
    }
    return Described(unwrapped(text, 6), fields)


def unwrapped(text: str, indent: int) -> str:
    """The text with its soft line breaks undone. `indent`: of the lines behind the first."""
    first, *lines = text.strip("\n").split("\n")
    result, last = [first], first
    for raw in lines:
        line = raw[indent:] if not raw[:indent].strip() else raw
        if not (_flush(line) and _flush(last)):
            result.append("\n")
        elif len(last) + 1 + len(line.split(" ", 1)[0]) > WIDTH:
            result.append(" ")
        else:
            result.append("\n\n")  # between paragraphs: the package drops the empty line
        result.append(line)
        last = line
    return "".join(result).rstrip()


def _flush(line: str) -> bool:
    return bool(line.strip()) and not line[0].isspace()


def field_text(described: Described, field: str) -> str:
    """Names that Python cannot have are spelt with underscores in the package."""
    spelt = field.replace("-", "_").replace("$", "_")
    return described.fields.get(field) or described.fields.get(spelt, "")
