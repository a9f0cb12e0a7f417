"""How a command declares itself: once, for the light reader, help and completion alike.

Plain classes, since importing `dataclasses` alone would cost a third of what
`kctl get pods` may take.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from kctl.commands.context import Context
    from kctl.commands.parse import Args


class Option:
    """One flag. `kind` is pflag's type, which decides how a value is read:

    bool, string, int (also int32, int64), float, duration (seconds as float), array
    (each occurrence is one value), slice (commas separate values too), map (K=V, with
    commas), count. `bare` is the value of the flag when it is given without one
    (pflag's NoOptDefVal; "true" for a bool). `default` is what `args` answers when the
    flag is not given; `shown` is the default in help where it reads differently.
    """

    __slots__ = (
        "bare",
        "default",
        "deprecated",
        "help",
        "hidden",
        "kind",
        "name",
        "required",
        "short",
        "shown",
    )

    def __init__(
        self,
        name: str,
        kind: str = "string",
        default: object = None,
        help: str = "",
        *,
        short: str = "",
        bare: str | None = None,
        required: bool = False,
        hidden: bool = False,
        deprecated: str = "",
        shown: str | None = None,
    ) -> None:
        self.name, self.kind, self.help, self.short = name, kind, help, short
        self.default = _EMPTY[kind] if default is None and kind in _EMPTY else default
        self.bare = "true" if bare is None and kind == "bool" else bare
        self.required, self.hidden, self.deprecated = required, hidden, deprecated
        self.shown = shown


_EMPTY: dict[str, object] = {"bool": False, "string": "", "array": [], "slice": [], "map": {}}


class CommandRef:
    """Where a command lives: nothing of it is imported until it is run or asked for help."""

    __slots__ = ("aliases", "group", "hidden", "module", "name", "summary")

    def __init__(
        self,
        name: str,
        module: str,
        summary: str,
        group: str = "",
        *,
        aliases: tuple[str, ...] = (),
        hidden: bool = False,
    ) -> None:
        self.name, self.module, self.summary, self.group = name, module, summary, group
        self.aliases, self.hidden = aliases, hidden


class Command:
    """One verb: what `kctl NAME --help` tells, what it takes, and what runs.

    usage: what follows the program and the parent verbs in the usage line
      ("deployment NAME --image=image -- [COMMAND] [args...]").
    examples: "# comment" and command lines, with "kctl" as the program.
    options: flags beside the global ones (`kctl.commands.options.GLOBAL`).
    arguments: names of the positional arguments, for help and completion.
    dash: True where what follows "--" is apart (a command to run); otherwise it counts
      as more positional arguments.
    run: gets the context and the arguments, returns the exit code. None for a verb that
      has sub-verbs only.
    """

    __slots__ = (
        "arguments",
        "dash",
        "description",
        "examples",
        "name",
        "options",
        "run",
        "subcommands",
        "summary",
        "usage",
    )

    def __init__(
        self,
        *,
        name: str,
        summary: str,
        usage: str = "",
        description: str = "",
        examples: str = "",
        options: tuple[Option, ...] = (),
        arguments: tuple[str, ...] = (),
        subcommands: tuple[CommandRef, ...] = (),
        run: Callable[[Context, Args], int] | None = None,
        dash: bool = False,
    ) -> None:
        self.name, self.summary, self.usage, self.description = name, summary, usage, description
        self.examples, self.options, self.arguments = examples, options, arguments
        self.subcommands, self.run, self.dash = subcommands, run, dash


class UsageError(Exception):
    """A command line or a request that cannot be carried out: printed as "error: TEXT",
    exit 1. `hint` is printed below it (kubectl's "See 'kctl get --help' for usage.")."""

    def __init__(self, message: str, *, hint: str = "", prefix: str = "error: ") -> None:
        super().__init__(message)
        self.message, self.hint, self.prefix = message, hint, prefix


class Several(Exception):
    """More than one object failed: each error prints on a line of its own."""

    def __init__(self, errors: list[Exception]) -> None:
        super().__init__("; ".join(str(error) for error in errors))
        self.errors = errors


class Exit(Exception):
    """Leave with this code; everything there was to say is printed already."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


def load(module: str) -> Command:
    """The COMMAND of a module; the last part may name an attribute: "pkg.mod:OTHER"."""
    name, _, attribute = module.partition(":")
    __import__(name)
    command: Command = getattr(sys.modules[name], attribute or "COMMAND")
    return command
