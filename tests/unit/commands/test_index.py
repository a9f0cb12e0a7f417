"""Every listed verb exists, and says of itself what a command has to say."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pytest

from kctl.cli import run
from kctl.commands.command import Command, CommandRef, load
from kctl.commands.index import BUILTIN
from kctl.commands.options import GLOBAL


def commands(
    refs: tuple[CommandRef, ...] = BUILTIN, path: str = ""
) -> Iterator[tuple[str, Command]]:
    for ref in refs:
        command = load(ref.module)
        yield f"{path} {ref.name}".strip(), command
        yield from commands(command.subcommands, f"{path} {ref.name}")


ALL = dict(commands())


@pytest.mark.parametrize("path", ALL)
def test_a_command_can_run_and_is_described(path: str) -> None:
    command = ALL[path]
    assert command.name == path.split()[-1]
    assert command.summary
    assert command.run is not None or command.subcommands
    assert all(ref.summary for ref in command.subcommands)


@pytest.mark.parametrize("path", ALL)
def test_no_two_flags_share_a_name(path: str) -> None:
    own = [option.name for option in ALL[path].options]
    assert len(own) == len(set(own))
    short = [o.short for o in (*ALL[path].options, *GLOBAL) if o.short]
    assert len(short) == len(set(short))
    assert all(option.help for option in ALL[path].options)


@pytest.mark.parametrize("path", ALL)
def test_help_names_the_command_and_its_flags(path: str) -> None:
    out = io.StringIO()
    assert run([*path.split(), "--help"], out=out) == 0
    assert f"kctl {path}" in out.getvalue()
    assert all(f"--{o.name}=" in out.getvalue() for o in ALL[path].options if not o.hidden)


def test_an_unknown_verb_gets_a_suggestion() -> None:
    err = io.StringIO()
    assert run(["gte"], err=err, out=io.StringIO()) == 1
    assert (
        err.getvalue() == 'error: unknown command "gte" for "kctl"\n\nDid you mean this?\n\tget\n'
    )


def test_help_of_everything_lists_the_verbs() -> None:
    out = io.StringIO()
    assert run([], out=out) == 0
    assert all(f"  {ref.name} " in out.getvalue() for ref in BUILTIN if not ref.hidden)


@pytest.mark.parametrize("verb", ["rollout", "set", "config", "create secret", "create service"])
def test_a_verb_that_needs_a_sub_verb_shows_its_help_and_fails(verb: str) -> None:
    out, err = io.StringIO(), io.StringIO()
    assert run(verb.split(), out=out, err=err) == 1
    assert "Available Commands:" in err.getvalue()
    assert not out.getvalue()
