"""What stands behind the built-in verbs: global flags before the verb, plugins, typos."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import TextIO

from kctl.commands.command import Command, CommandRef, UsageError
from kctl.commands.context import Context, default_home
from kctl.commands.index import BUILTIN, find
from kctl.commands.parse import Args, HelpWanted, first_word, parse

ROOT = Command(
    name="",
    summary="kctl controls plain Docker hosts as Kubernetes controls a cluster.",
    usage="[flags] [options]",
)


def resolve(argv: list[str], out: TextIO) -> tuple[CommandRef, list[str]] | int:
    """The verb of a command line that does not start with a built-in one, and what is left
    of the line; or the exit code, where all is done already."""
    from kctl.commands import help as help_text

    at, word = first_word(ROOT, argv)
    if not word or argv[:1] in (["-h"], ["--help"]):
        with suppress(HelpWanted):
            parse(ROOT, argv, "")
        return help_text.show_root(out)
    rest = argv[:at] + argv[at + 1 :]
    if word == "help":
        return help_text.show_topic([each for each in rest if not each.startswith("-")], out)
    ref = find(BUILTIN, word) or find(third_party(), word)
    if ref is not None:
        return ref, rest
    if at == 0:
        run_executable(argv)
    try:
        parse(ROOT, rest, "")
    except HelpWanted:
        return help_text.show_root(out)
    raise UsageError(unknown(word))


def third_party() -> tuple[CommandRef, ...]:
    """The commands of installed plugins."""
    from pathlib import Path

    from kctl.plugins.manager import load

    return tuple(load(Path(default_home())).commands())


def run_executable(argv: list[str]) -> None:
    """Become the `kctl-NAME` on PATH that has the longest name made of the first words, as
    kubectl does; return where there is none."""
    import shutil

    words = []
    for word in argv:
        if word.startswith("-"):
            break
        words.append(word.replace("-", "_"))
    while words:
        path = shutil.which("kctl-" + "-".join(words))
        if path:
            os.environ.setdefault("KCTL_HOME", default_home())
            sys.stdout.flush()
            os.execv(path, [path, *argv[len(words) :]])
        words.pop()


def unknown(word: str) -> str:
    """cobra's text for an unknown verb, with what may have been meant."""
    message = f'unknown command "{word}" for "kctl"'
    near = suggestions(word)
    if near:
        message += "\n\nDid you mean this?\n" + "".join(f"\t{name}\n" for name in near).rstrip("\n")
        message += "\n"
    return message.rstrip("\n")


def suggestions(word: str) -> list[str]:
    """Verbs within two edits of `word`, or that start with it (cobra's rule)."""
    near = [
        ref.name
        for ref in BUILTIN
        if not ref.hidden
        and (_distance(word.lower(), ref.name.lower()) <= 2 or ref.name.startswith(word.lower()))
    ]
    return sorted(near)


def _distance(one: str, other: str) -> int:
    """Levenshtein's."""
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        above = row
        row = [i]
        for j, b in enumerate(other, 1):
            row.append(min(above[j] + 1, row[-1] + 1, above[j - 1] + (a != b)))
    return row[-1]


def only_subcommands(command: Command, args: Args, ctx: Context) -> int:
    """A verb that does nothing itself: its help on standard error, or a complaint about the
    sub-verb; the exit code is 1 either way, as kubectl's."""
    from kctl.commands.help import show

    if args.positional:
        raise UsageError(
            f'unknown command "{" ".join(args.positional)}"',
            hint=f"See 'kctl {args.path} -h' for help and examples",
        )
    show(command, args.path, ctx.err)
    return 1
