"""Every command explains itself, and names itself in its usage line."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from kctl.commands.command import CommandRef, load
from kctl.commands.index import BUILTIN
from tests.integration.verbs.sides import Ran, run


def _paths(refs: tuple[CommandRef, ...], before: str = "") -> list[str]:
    found = []
    for ref in refs:
        path = f"{before} {ref.name}".strip()
        found.append(path)
        found += _paths(load(ref.module).subcommands, path)
    return found


def _kctl(line: str, home: Path) -> Ran:
    return run([sys.executable, "-m", "kctl"], line, {"KCTL_HOME": str(home)})


def test_kctl_help_lists_every_command_that_is_not_hidden(tmp_path: Path) -> None:
    listed = re.findall(r"^  ([a-z][\w-]*) ", _kctl("--help", tmp_path).out, re.MULTILINE)
    assert sorted(set(listed) - {"kctl"}) == sorted(ref.name for ref in BUILTIN if not ref.hidden)


@pytest.mark.parametrize("path", _paths(BUILTIN))
def test_command_has_help(tmp_path: Path, path: str) -> None:
    ran = _kctl(f"{path} --help", tmp_path)
    assert (ran.code, ran.err) == (0, "")
    assert re.search(rf"^  kctl {re.escape(path)}\b", ran.out, re.MULTILINE), ran.out
    assert not (tmp_path / "kctl.db").exists()
