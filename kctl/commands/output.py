"""-o of the commands that print the one object they made or changed."""

from __future__ import annotations

from typing import Any

from kctl.commands.command import UsageError
from kctl.commands.context import Context
from kctl.commands.parse import Args
from kctl.printing.outputs import Wanted, Write, writer

Object = dict[str, Any]

DRY_RUN = {"none": "", "client": " (dry run)", "server": " (server dry run)"}

_TRUE, _FALSE = ("1", "t", "T", "TRUE", "true", "True"), ("0", "f", "F", "FALSE", "false", "False")
_OLD_WORDS = {
    "unchanged": "client",
    **dict.fromkeys(_TRUE, "client"),
    **dict.fromkeys(_FALSE, "none"),
}
"""What --dry-run took before it had three values; "unchanged" is the flag without one."""


def dry_run(ctx: Context, args: Args) -> str:
    """ "none", "client" or "server". Raises UsageError for another word."""
    value = str(args["dry-run"])
    if value in DRY_RUN:
        return value
    if value in _OLD_WORDS:
        given = "--dry-run" if value == "unchanged" else f"--dry-run={value}"
        meant = _OLD_WORDS[value]
        ctx.warn(f"{given} is deprecated and can be replaced with --dry-run={meant}.")
        return meant
    raise UsageError(f'Invalid dry-run value ({value}). Must be "none", "server", or "client".')


class Result:
    """Prints each object: with -o in that format, otherwise "TYPE/NAME OPERATION". `parted`:
    YAML documents of several objects are parted by "---", where kubectl uses one printer for
    all of them."""

    def __init__(
        self,
        ctx: Context,
        args: Args,
        *,
        typed: bool = False,
        dry: str = "none",
        parted: bool = False,
    ) -> None:
        self.ctx, self.dry = ctx, dry
        self._parted = parted and args.get("output") == "yaml"
        self._shown = 0
        self.format: Write | None = None
        if args.get("output") or args.get("template"):
            try:
                self.format = writer(wanted(args, typed=typed))
            except ValueError as error:
                raise UsageError(str(error)) from None

    def show(self, obj: Object, operation: str, label: str = "") -> None:
        """`label` replaces "TYPE/NAME"."""
        if self.format is not None:
            try:
                text = self.format(obj)
                self.ctx.out.write(f"---\n{text}" if self._parted and self._shown else text)
                self._shown += 1
            except ValueError as error:
                raise UsageError(str(error)) from None
            return
        from kctl.printing.outputs import default_name

        self.ctx.say(f"{label or default_name(obj)} {operation}{DRY_RUN[self.dry]}")


def wanted(args: Args, *, typed: bool = False) -> Wanted:
    """The Wanted of a command line that has the options of `options.output()`."""
    return Wanted(
        args["output"],
        args.get("template") or "",
        allow_missing=args.get("allow-missing-template-keys", True),
        typed=typed,
        managed_fields=args.get("show-managed-fields", False),
    )
