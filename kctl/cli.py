"""From argv to one command module, imported alone.

Nothing else is imported here: what this file costs, every command costs.
"""

from __future__ import annotations

import sys
from os import environ

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO

    from kctl.commands.command import Command


def main() -> int:
    """The console script. Returns the exit code."""
    import gc

    gc.disable()  # a short life makes little garbage; what opens the store turns it on again
    asked = environ.get("_KCTL_COMPLETE")
    if asked:
        from kctl.commands.complete import answer

        return answer(asked)
    code = run(sys.argv[1:])
    if "kctl.reconcile.plane" not in sys.modules and "threading" not in sys.modules:
        _leave(code)
    return code


def _leave(code: int) -> None:
    """End a light command at once: it holds nothing that Python's own way out would tidy."""
    from os import _exit

    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError:
        return  # Python's own way out tells of it
    _exit(code)


def run(
    argv: list[str],
    *,
    out: TextIO | None = None,
    err: TextIO | None = None,
    stdin: TextIO | None = None,
) -> int:
    """Run one command line with the given streams; returns the exit code."""
    from kctl.commands.command import Exit, UsageError

    debug = "--debug" in argv
    errors = err or sys.stderr
    try:
        code = _dispatch(argv, out, err, stdin)
        (out or sys.stdout).flush()
        return code
    except UsageError as error:
        _flush(out)
        errors.write(f"{error.prefix}{error.message}\n")
        if error.hint:
            errors.write(error.hint + "\n")
        return 1
    except Exit as leaving:
        _flush(out)
        return leaving.code
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        from kctl.commands.failure import silence

        return silence(sys.stdout)
    except Exception as error:  # noqa: BLE001 - the last line of defence: one line, exit 1
        _flush(out)
        from kctl.commands.failure import explain

        return explain(error, errors, debug)


def _flush(out: TextIO | None) -> None:
    from contextlib import suppress

    with suppress(OSError, ValueError):
        (out or sys.stdout).flush()


def _dispatch(argv: list[str], out: TextIO | None, err: TextIO | None, stdin: TextIO | None) -> int:
    from kctl.commands.command import load
    from kctl.commands.index import BUILTIN, find

    verb, rest = argv[0] if argv else "", argv[1:]
    ref = find(BUILTIN, verb)
    if ref is None:
        from kctl.commands.root import resolve

        outcome = resolve(argv, out or sys.stdout)
        if isinstance(outcome, int):
            return outcome
        ref, rest = outcome
    command = load(ref.module)
    path = ref.name
    while command.subcommands:
        at, word = _first_word(command, rest)
        sub = find(command.subcommands, word) if word else None
        if sub is None:
            break
        rest = rest[:at] + rest[at + 1 :]
        command = load(sub.module)
        path = f"{path} {sub.name}"
    return _run(command, rest, path, out, err, stdin)


def _first_word(command: Command, argv: list[str]) -> tuple[int, str]:
    """Where the first word that is no flag and no flag's value stands."""
    from kctl.commands.parse import first_word

    return first_word(command, argv)


def _run(
    command: Command,
    argv: list[str],
    path: str,
    out: TextIO | None,
    err: TextIO | None,
    stdin: TextIO | None,
) -> int:
    from kctl.commands.context import Context
    from kctl.commands.parse import HelpWanted, parse

    try:
        args = parse(command, argv, path)
    except HelpWanted:
        from kctl.commands.help import show

        return show(command, path, out or sys.stdout)
    ctx = Context(args, out=out, err=err, stdin=stdin)
    if command.run is None:
        from kctl.commands.root import only_subcommands

        return only_subcommands(command, args, ctx)
    code = command.run(ctx, args)
    if args["warnings-as-errors"] and ctx.warnings and not code:
        counted = "1 warning" if ctx.warnings == 1 else f"{ctx.warnings} warnings"
        ctx.err.write(f"error: {counted} received\n")
        return 1
    return code
