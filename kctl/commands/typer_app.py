"""The typer application, made from the same declarations as everything else.

A group knows the names of its verbs and loads one only when it is asked for, so that
`kctl get --help` imports one verb. Well-formed command lines never come here: the light
reader (`kctl.commands.parse`) is many times faster than importing typer.
"""

from __future__ import annotations

from typing import Any, TextIO

from typer.core import TyperCommand, TyperGroup

from kctl.commands import help as texts
from kctl.commands.command import Command, CommandRef, load
from kctl.commands.index import BUILTIN, find


class Verb(TyperCommand):
    """One verb; its help is the declaration's."""

    def __init__(self, command: Command, path: str) -> None:
        super().__init__(path.rpartition(" ")[2], help=command.summary)
        self.declared, self.path = command, path

    def format_help(self, ctx: Any, formatter: Any) -> None:
        formatter.write(texts.text(self.declared, self.path))


class Group(TyperGroup):
    """A verb that has verbs below it; `declared` is None for the program itself."""

    def __init__(self, refs: tuple[CommandRef, ...], path: str, declared: Command | None) -> None:
        super().__init__(name=path.rpartition(" ")[2] or "kctl")
        self.refs, self.path, self.declared = refs, path, declared

    def list_commands(self, ctx: Any) -> list[str]:
        return [ref.name for ref in self.refs if not ref.hidden]

    def get_command(self, ctx: Any, cmd_name: str) -> Verb | Group | None:
        ref = find(self.refs, cmd_name)
        if ref is None:
            return None
        return entry(load(ref.module), f"{self.path} {ref.name}".strip())

    def format_help(self, ctx: Any, formatter: Any) -> None:
        declared = self.declared
        formatter.write(texts.text(declared, self.path) if declared else texts.root_text())


def application() -> Group:
    """`kctl` itself."""
    return Group(BUILTIN, "", None)


def entry(command: Command, path: str) -> Verb | Group:
    if command.subcommands:
        return Group(command.subcommands, path, command)
    return Verb(command, path)


def show(command: Command | None, path: str, out: TextIO) -> int:
    """Write the help of one command, or of the program where `command` is None; 0."""
    shown = application() if command is None else entry(command, path)
    # not make_context: parsing even nothing imports pydantic
    context = shown.context_class(shown, info_name=f"kctl {path}".strip())
    out.write(shown.get_help(context) + "\n")
    return 0
