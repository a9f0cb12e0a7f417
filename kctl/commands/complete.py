"""Answers for the shell's completion: verbs, flags, types and names, from the same
declarations and the same store as the commands themselves.

The shells' scripts are typer's (`kctl completion`); they ask through the environment.
"""

from __future__ import annotations

import os
import shlex
import sys
from contextlib import suppress

from kctl.commands.command import Command, CommandRef, UsageError, load
from kctl.commands.index import BUILTIN, find
from kctl.commands.options import GLOBAL

_TYPED = (
    "get describe delete edit label annotate patch scale wait expose "
    "history pause restart resume status undo image"
)
TYPED = frozenset(_TYPED.split())
"""Verbs whose words are TYPE NAME or TYPE/NAME; those of `rollout` and `set` among them."""
NAMED = {
    "logs": "pods",
    "exec": "pods",
    "cordon": "nodes",
    "uncordon": "nodes",
    "docker-env": "nodes",
    "service": "services",
}
"""Verbs whose first word is a name, or TYPE/NAME, and the type of that name."""


def answer(asked: str) -> int:
    """Print the candidates for the shell named in `asked` ("complete_bash")."""
    shell = asked.partition("_")[2]
    words, start = _line(shell)
    with suppress(Exception):  # a completion that fails must not write into the command line
        found = candidates(words, start)
        if shell == "zsh":
            listed = "\n".join('"' + each.replace(":", "\\\\:") + '"' for each in found)
            print(f"_arguments '*: :(({listed}))'" if found else "_files")
        elif os.environ.get("_TYPER_COMPLETE_FISH_ACTION") == "is-args":
            return 0 if found else 1
        else:
            sys.stdout.write("".join(each + "\n" for each in found))
    return 0


def _line(shell: str) -> tuple[list[str], str]:
    """The words before the cursor without the program, and the beginning of the one there."""
    if shell == "bash":
        words = _split(os.environ.get("COMP_WORDS", ""))
        at = int(os.environ.get("COMP_CWORD", "1"))
        return words[1:at], words[at] if at < len(words) else ""
    text = os.environ.get("_TYPER_COMPLETE_ARGS", "")
    words = _split(text)[1:]
    if words and not text.endswith(" "):
        return words[:-1], words[-1]
    return words, ""


def _split(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError:
        return text.split()


def candidates(words: list[str], start: str) -> list[str]:
    """What may stand at the cursor, sorted, all beginning with `start`."""
    refs: tuple[CommandRef, ...] = BUILTIN
    command: Command | None = None
    rest: list[str] = []
    for word in words:
        ref = None if rest or word.startswith("-") else find(refs, word)
        if ref is None:
            rest.append(word)
            continue
        command = load(ref.module)
        refs = command.subcommands
    if start.startswith("-"):
        own = command.options if command else ()
        found = [f"--{option.name}" for option in (*own, *GLOBAL) if not option.hidden]
    else:
        plain = [word for word in rest if not word.startswith("-")]
        found = [ref.name for ref in refs if not ref.hidden] if not plain else []
        if command is not None and command.name in TYPED:
            found += _objects(rest, plain, start)
        elif command is not None and command.name in NAMED and not plain:
            kind = [] if "/" in start else [NAMED[command.name]]
            found += _objects(rest, kind, start)
    return sorted({each for each in found if each.startswith(start)})


def _objects(rest: list[str], plain: list[str], start: str) -> list[str]:
    """Types, or the names of one type, of the control plane that the line means."""
    from kctl.commands import objects
    from kctl.commands.context import Context
    from kctl.commands.parse import parse

    try:
        args = parse(Command(name="", summary=""), [w for w in rest if "=" in w], "")
    except UsageError:
        args = parse(Command(name="", summary=""), [], "")
    ctx = Context(args)
    if not os.path.exists(ctx.target.database):  # noqa: PTH110
        return []
    known = objects.catalog(ctx)
    prefix, slash, _ = start.partition("/")
    if not plain and not slash:
        return [each.plural for each in known.resources]
    resource = known.resolve(prefix if slash else plain[0])
    if resource is None:
        return []
    scope = ctx.namespace if resource.namespaced else None
    names = [row[1] for row in ctx.reader.rows(resource.resource, scope)]
    return [f"{prefix}/{name}" for name in names] if slash else names
