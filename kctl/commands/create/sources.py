"""--from-literal, --from-file and --from-env-file of config maps and secrets."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

from kctl.commands.command import Option, UsageError
from kctl.commands.parse import Args

OPTIONS = (
    Option(
        "from-env-file",
        "slice",
        help="A path to a file with KEY=VALUE lines (a Docker .env file).",
    ),
    Option(
        "from-file",
        "slice",
        help="A file, KEY=FILE, or a directory whose files become keys.",
    ),
    Option("from-literal", "array", help="A key and literal value (KEY=VALUE)."),
)

_KEY = re.compile(r"[-._a-zA-Z0-9]+")
_ENV_NAME = re.compile(r"[-._a-zA-Z][-._a-zA-Z0-9]*")

Add = Callable[[str, bytes], None]


def check(args: Args) -> None:
    if args["from-env-file"] and (args["from-file"] or args["from-literal"]):
        raise UsageError("from-env-file cannot be combined with from-file or from-literal")


def collect(args: Args, add: Add) -> None:
    """Give every key and value to `add`, literals first, as kubectl does."""
    for literal in args.get("from-literal", []):
        add(*_literal(literal))
    for source in args.get("from-file", []):
        for key, path in _files(source):
            add(key, _read(path))
    for path in args.get("from-env-file", []):
        for key, value in env_lines(_read_env(path), path):
            add(key, value.encode())


def _literal(text: str) -> tuple[str, bytes]:
    key, equals, value = text.partition("=")
    if not equals or not key:
        raise UsageError(f"invalid literal source {text}, expected key=value")
    return key, value.encode("utf-8", "surrogateescape")


def _files(source: str) -> Iterator[tuple[str, str]]:
    count = source.count("=")
    if count > 1:
        raise UsageError("key names or file paths cannot contain '='")
    key, _, path = source.partition("=") if count else ("", "", source)
    if count and not key:
        raise UsageError(f"key name for file path {path} missing")
    if count and not path:
        raise UsageError(f"file path for key name {key} missing")
    here = Path(path)
    try:
        folder = here.is_dir()
        here.stat()
    except OSError as error:
        raise UsageError(f"error reading {path}: {_reason(error)}") from None
    if not folder:
        yield key or here.name, path
        return
    if key:
        raise UsageError("cannot give a key name for a directory path")
    for entry in sorted(os.scandir(path), key=lambda each: each.name):
        if entry.is_file(follow_symlinks=False):
            yield entry.name, entry.path


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()


def _read(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise UsageError(f"open {path}: {_reason(error)}") from None


def _read_env(path: str) -> bytes:
    try:
        if Path(path).is_dir():
            raise UsageError("env secret file cannot be a directory")
        return Path(path).read_bytes()
    except OSError as error:
        raise UsageError(f"error reading {path}: {_reason(error)}") from None


def env_lines(text: bytes, path: str) -> Iterator[tuple[str, str]]:
    """KEY=VALUE lines; a bare KEY takes its value from the environment, where it is set."""
    for number, raw in enumerate(text.removeprefix(b"\xef\xbb\xbf").split(b"\n"), 1):
        try:
            line = raw.removesuffix(b"\r").decode()
        except UnicodeDecodeError:
            shown = raw.decode("latin-1")
            raise UsageError(
                f"env file {path} contains invalid utf8 bytes at line {number}: {shown}"
            ) from None
        line = line.lstrip()
        if not line or line.startswith("#"):
            continue
        key, equals, value = line.partition("=")
        if not _ENV_NAME.fullmatch(key):
            raise UsageError(
                f'"{key}" is not a valid key name: a valid environment variable name must '
                "consist of alphabetic characters, digits, '_', '-', or '.', and must not start "
                "with a digit (e.g. 'my.env-name',  or 'MY_ENV.NAME',  or 'MyEnvName1', regex "
                "used for validation is '[-._a-zA-Z][-._a-zA-Z0-9]*')"
            )
        if equals:
            yield key, value
        elif key in os.environ:
            yield key, os.environ[key]
        else:
            yield key, ""


def check_key(key: str, kind: str) -> None:
    """Raises UsageError for what may not be a key of a ConfigMap or Secret."""
    problem = ""
    if len(key) > 253:
        problem = "must be no more than 253 characters"
    elif not _KEY.fullmatch(key):
        problem = (
            "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. "
            "'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is "
            "'[-._a-zA-Z0-9]+')"
        )
    elif key in (".", ".."):
        problem = f"must not be '{key}'"
    elif key.startswith(".."):
        problem = "must not start with '..'"
    if problem:
        raise UsageError(f'"{key}" is not a valid key name for a {kind}: {problem}')
