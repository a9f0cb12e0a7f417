"""Objects from -f: files, folders, standard input. Each object knows where it came from."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kctl.commands.command import UsageError
from kctl.commands.context import Context, no_kustomize
from kctl.commands.parse import Args

Object = dict[str, Any]

EXTENSIONS = (".json", ".yaml", ".yml")


class Manifest:
    """One object of a file. `source` is the path as it was given, "STDIN" for "-"."""

    __slots__ = ("obj", "source")

    def __init__(self, obj: Object, source: str) -> None:
        self.obj, self.source = obj, source


def required(args: Args) -> None:
    """Refuse a command line without -f."""
    no_kustomize(args)
    if not args["filename"]:
        raise UsageError("must specify one of -f and -k")


def read(ctx: Context, args: Args) -> list[Manifest]:
    """Every object of every -f, lists flattened. Raises UsageError with kubectl's texts."""
    no_kustomize(args)
    found: list[Manifest] = []
    for source, text in _texts(ctx, args["filename"], args.get("recursive", False)):
        found += _objects(text, source)
    return found


def _texts(ctx: Context, names: list[str], recursive: bool) -> Iterator[tuple[str, bytes]]:
    for name in names:
        if name == "-":
            yield "STDIN", _stdin(ctx)
        elif name.startswith(("http://", "https://")):
            raise UsageError(
                f'unable to read URL "{name}": kctl reads files only; fetch it and pipe it to -f -'
            )
        else:
            for path in _paths(name, recursive):
                yield path, _read(path)


def _stdin(ctx: Context) -> bytes:
    raw = getattr(ctx.stdin, "buffer", None)
    return raw.read() if raw is not None else ctx.stdin.read().encode()


def _read(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise UsageError(f"open {path}: {(error.strerror or str(error)).lower()}") from None


def _paths(name: str, recursive: bool) -> Iterator[str]:
    path = Path(name)
    if not path.exists():
        matches = sorted(str(each) for each in _glob(name))
        if not matches:
            raise UsageError(f'the path "{name}" does not exist')
        for match in matches:
            yield from _paths(match, recursive)
        return
    if not path.is_dir():
        yield name
        return
    inside = list(_walk(name, recursive))
    if not inside:
        listed = " ".join(EXTENSIONS)
        raise UsageError(f"error reading [{name}]: recognized file extensions are [{listed}]")
    yield from inside


def _glob(name: str) -> list[str]:
    import glob

    return glob.glob(name)  # noqa: PTH207 - the pattern may be absolute


def _walk(folder: str, recursive: bool) -> Iterator[str]:
    """The manifests of a folder in the order of their names."""
    for entry in sorted(os.scandir(folder), key=lambda each: each.name):
        path = os.path.join(folder, entry.name) if folder != "." else entry.name  # noqa: PTH118
        if entry.is_dir():
            if recursive:
                yield from _walk(path, recursive)
        elif entry.name.endswith(EXTENSIONS):
            yield path


def _objects(text: bytes, source: str) -> Iterator[Manifest]:
    from kctl.api.manifests import load

    for document in load(text, source):
        yield from _flat(document.obj, source)


def _flat(obj: Any, source: str) -> Iterator[Manifest]:
    missing = [
        f"{field} not set"
        for field in ("apiVersion", "kind")
        if not (isinstance(obj, dict) and obj.get(field))
    ]
    if missing:
        listed = missing[0] if len(missing) == 1 else "[" + ", ".join(missing) + "]"
        raise UsageError(
            f'error validating "{source}": error validating data: {listed}; if you choose to '
            "ignore these errors, turn validation off with --validate=false"
        )
    if obj["kind"].endswith("List") and isinstance(obj.get("items"), list):
        for item in obj["items"]:
            if obj["kind"] != "List" and isinstance(item, dict):
                item = {
                    "apiVersion": obj["apiVersion"],
                    "kind": obj["kind"].removesuffix("List"),
                    **item,
                }
            yield from _flat(item, source)
    else:
        yield Manifest(obj, source)
