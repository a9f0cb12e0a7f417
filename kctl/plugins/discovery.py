"""Third-party plugins: which are installed, and which hooks each implements.

Reading the entry points of every installed distribution takes tens of milliseconds,
importing a plugin to see what it implements takes as long as the plugin likes. Both
answers are kept in a file, so that a plugin costs nothing where it is not asked for.
The file is good as long as the folders of sys.path, the version of kctl and the
plugin's own file are what they were.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from kctl import __version__

GROUP = "kctl"
"""The entry-point group: `[project.entry-points.kctl]` of a plugin's pyproject.toml."""


@dataclass(frozen=True, slots=True)
class Found:
    """One installed plugin, before it is imported."""

    name: str
    value: str
    """what to import: "package.module" or "package.module:attribute" """
    distribution: str = ""
    version: str = ""
    hooks: tuple[str, ...] | None = None
    """None until it was imported once"""
    origin: str = ""
    """the file of its module"""
    modified: int = 0
    """of `origin`, in nanoseconds, when `hooks` was learnt"""


class Discovery:
    """The installed plugins, from the cache in `folder` where that is still good."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "plugins.json"

    def find(self) -> list[Found]:
        """Installed plugins by name; the first on sys.path where a name occurs twice."""
        key = _key()
        cached = self._read(key)
        if cached is not None:
            return [_fresh(each) for each in cached]
        found = _scan()
        self._write(key, found)
        return found

    def learn(self, found: Sequence[Found]) -> None:
        """Keep what importing the plugins has shown."""
        self._write(_key(), found)

    def _read(self, key: list[object]) -> list[Found] | None:
        try:
            stored = json.loads(self._path.read_bytes())
            if stored["key"] != key:
                return None
            return [_decode(each) for each in stored["plugins"]]
        except (OSError, ValueError, TypeError, KeyError):
            return None  # missing, or not a file that we wrote: look again

    def _write(self, key: list[object], found: Sequence[Found]) -> None:
        home = self._path.parent.parent
        if not home.is_dir():
            return  # nothing was stored yet: a look at the plugins does not found a home
        temporary = self._path.with_name(f"plugins.{os.getpid()}")
        text = json.dumps({"key": key, "plugins": [asdict(each) for each in found]})
        # Without a cache everything works, only slower: a full or read-only disk is
        # reported by what has to write there.
        with suppress(OSError):
            self._path.parent.mkdir(mode=0o700, exist_ok=True)
            temporary.write_text(text)
            temporary.replace(self._path)


def seen(found: Found, hooks: Sequence[str], origin: str | None) -> Found:
    """`found` with what its import has shown."""
    return replace(found, hooks=tuple(hooks), origin=origin or "", modified=_modified(origin or ""))


def _decode(stored: dict[str, object]) -> Found:
    hooks = stored.pop("hooks")
    found = Found(**stored)  # type: ignore[arg-type]
    return replace(found, hooks=tuple(hooks) if isinstance(hooks, list) else None)


def _fresh(found: Found) -> Found:
    """Forget the hooks of a plugin whose file has changed (an editable install)."""
    if found.hooks is not None and _modified(found.origin) != found.modified:
        return replace(found, hooks=None)
    return found


def _scan() -> list[Found]:
    from importlib.metadata import entry_points

    found: dict[str, Found] = {}
    for each in entry_points(group=GROUP):
        name = each.dist.name if each.dist else ""
        version = each.dist.version if each.dist else ""
        found.setdefault(each.name, Found(each.name, each.value, name, version))
    return sorted(found.values(), key=lambda each: each.name)


def _key() -> list[object]:
    """Changes when a distribution is installed, removed or upgraded: each of these
    renames a folder in a folder of sys.path."""
    folders = [[path, _modified(path or ".")] for path in sys.path]
    return [__version__, sys.version, folders]


def _modified(path: str) -> int:
    try:
        return Path(path).stat().st_mtime_ns
    except OSError:
        return 0
