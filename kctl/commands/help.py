"""`--help` in kubectl's layout, made from the declarations."""

from __future__ import annotations

from kctl.commands.command import Command, CommandRef, Option
from kctl.commands.index import BUILTIN, find
from kctl.commands.options import GLOBAL

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO

_FOOT = 'Use "kctl options" for a list of global command-line options (applies to all commands).\n'


def show(command: Command, path: str, out: TextIO) -> int:
    """Write the help of one command through the typer application. Returns 0."""
    from kctl.commands.typer_app import show as typed

    return typed(command, path, out)


def text(command: Command, path: str) -> str:
    """The help of one command."""
    parts = [command.description or command.summary, "\n\n"]
    if command.examples:
        parts += ["Examples:\n", _indent(command.examples), "\n\n"]
    listed = [ref for ref in command.subcommands if not ref.hidden]
    if listed:
        parts += ["Available Commands:\n", _table(listed), "\n"]
    options = sorted(
        (o for o in command.options if not o.hidden and not o.deprecated), key=lambda o: o.name
    )
    if options:
        parts += ["Options:\n", "\n".join(_option(each) for each in options), "\n"]
    parts += ["Usage:\n  kctl ", usage(command, path), "\n\n"]
    if listed:
        parts.append(
            f'Use "kctl {path} <command> --help" for more information about a given command.\n'
        )
    parts.append(_FOOT)
    return "".join(parts)


def usage(command: Command, path: str) -> str:
    """The usage line without the program's name."""
    parent = path.rpartition(" ")[0]
    line = f"{parent} {command.usage or command.name}".strip()
    return line if line.endswith("[options]") else line + " [options]"


def show_root(out: TextIO) -> int:
    """What `kctl` alone prints. Returns 0."""
    from kctl.commands.typer_app import show as typed

    return typed(None, "", out)


def root_text() -> str:
    """The groups of verbs."""
    parts = [
        "kctl controls plain Docker hosts as Kubernetes controls a cluster.\n\n"
        "The objects and the commands are Kubernetes' own; the control plane is one file.\n\n"
    ]
    groups: dict[str, list[CommandRef]] = {}
    for ref in BUILTIN:
        if not ref.hidden:
            groups.setdefault(ref.group, []).append(ref)
    width = max(len(ref.name) for ref in BUILTIN) + 2
    for group, refs in groups.items():
        parts.append(f"{group}:\n{_table(refs, width)}\n")
    parts.append(
        'Usage:\n  kctl [flags] [options]\n\nUse "kctl <command> --help" for more information '
        "about a given command.\n" + _FOOT
    )
    return "".join(parts)


def show_topic(words: list[str], out: TextIO) -> int:
    """`kctl help create deployment`."""
    from kctl.commands.command import load

    if not words:
        return show_root(out)
    refs, path, command = BUILTIN, [], None
    for word in words:
        ref = find(refs, word)
        if ref is None:
            break
        command = load(ref.module)
        path.append(ref.name)
        refs = command.subcommands
    if command is None:
        out.write(f"Unknown help topic {['`' + ' '.join(words) + '`'][0].join('[]')}\n\n\n")
        return show_root(out)
    return show(command, " ".join(path), out)


def show_options(out: TextIO) -> int:
    """`kctl options`: the global flags."""
    out.write("The following options can be passed to any command:\n\n")
    out.write("\n".join(_option(each) for each in GLOBAL) + "\n")
    return 0


def _table(refs: list[CommandRef], width: int = 0) -> str:
    width = width or max(len(ref.name) for ref in refs) + 2
    return "".join(f"  {ref.name:<{width}}  {ref.summary}\n" for ref in refs)


def _option(option: Option) -> str:
    name = f"-{option.short}, --{option.name}" if option.short else f"    --{option.name}"
    return f"{name}={_default(option)}:\n\t{option.help}\n"


def _default(option: Option) -> str:
    if option.shown is not None:
        return option.shown
    if option.kind == "string":
        return f"'{option.default or ''}'"
    if option.kind == "bool":
        return "true" if option.default else "false"
    if option.kind in ("array", "slice"):
        given = option.default
        return (
            "[" + ",".join(str(each) for each in given) + "]" if isinstance(given, list) else "[]"
        )
    if option.kind == "map":
        return "[]"
    if option.kind == "duration":
        seconds = float(option.default) if isinstance(option.default, (int, float)) else 0.0
        return f"{seconds:g}s"
    return str(option.default if option.default is not None else 0)


def _indent(examples: str) -> str:
    lines = examples.strip("\n").split("\n")
    return "\n".join("  " + line.strip() for line in lines)
