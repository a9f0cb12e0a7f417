"""The typer application: every verb is in it, and each is loaded alone."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path

from kctl.cli import run
from kctl.commands.command import CommandRef, load
from kctl.commands.index import BUILTIN
from kctl.commands.typer_app import Group, application


def told(*line: str) -> str:
    out = io.StringIO()
    assert run([*line, "--help"], out=out) == 0
    return out.getvalue()


def paths(refs: tuple[CommandRef, ...], before: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    found = []
    for ref in refs:
        found += [(*before, ref.name), *paths(load(ref.module).subcommands, (*before, ref.name))]
    return found


def test_every_verb_tells_its_flags_and_usage() -> None:
    for path in paths(BUILTIN):
        text = told(*path)
        assert f"Usage:\n  kctl {' '.join(path[:-1])}".rstrip() in text
        command = load_by_path(path)
        for option in command.options:
            shown = not option.hidden and not option.deprecated
            assert (f"--{option.name}=" in text) == shown, (path, option.name)


def load_by_path(path: tuple[str, ...]):  # type: ignore[no-untyped-def]
    refs = BUILTIN
    for word in path:
        command = load(next(ref.module for ref in refs if ref.name == word))
        refs = command.subcommands
    return command


def test_the_application_lists_the_verbs_in_order() -> None:
    names = application().list_commands(None)
    assert names == [ref.name for ref in BUILTIN if not ref.hidden]
    create = application().get_command(None, "create")
    assert isinstance(create, Group)
    assert "deployment" in create.list_commands(None)
    assert application().get_command(None, "no-such-verb") is None


def test_help_of_a_verb_imports_that_verb_alone() -> None:
    child = (
        "import sys; from kctl.cli import run; run(['get', '--help']);"
        "print(*sys.modules, file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", child],
        env={"PATH": os.environ["PATH"]},
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        check=True,
    )
    modules = set(done.stderr.split())
    verbs = {ref.module for ref in BUILTIN} & modules
    assert verbs == {"kctl.commands.get"}
    assert not {"sqlalchemy", "docker", "yaml", "rich", "pydantic"} & modules
