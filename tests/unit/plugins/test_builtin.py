"""What is built in: the table of hooks is that of the modules, and all of it works."""

from __future__ import annotations

import ast
import importlib
import os
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pluggy
import pytest

import kctl
from kctl.plugins import hookspecs
from kctl.plugins.builtin import BUILTIN
from kctl.plugins.manager import load

INSTALLED = ",".join(each.name for each in entry_points(group="kctl"))


@pytest.mark.parametrize("name", BUILTIN)
def test_the_table_names_the_hooks_of_the_module(name: str) -> None:
    module = importlib.import_module(name)
    manager = pluggy.PluginManager("kctl")
    found = [each for each in dir(module) if manager.parse_hookimpl_opts(module, each)]
    assert sorted(found) == sorted(BUILTIN[name])


def test_every_built_in_plugin_is_sound(tmp_path: Path) -> None:
    states = load(tmp_path).states()
    assert [(each.name, each.error) for each in states if each.error] == []


def test_every_hook_says_what_it_is_for() -> None:
    source = ast.parse(Path(hookspecs.__file__).read_text())
    hooks = [each for each in source.body if isinstance(each, ast.FunctionDef)]
    assert [each.name for each in hooks if not ast.get_docstring(each)] == []
    assert len(hooks) == 12


def test_asking_one_hook_imports_no_other_room(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from kctl.plugins.manager import load; "
        f"load(Path({str(tmp_path)!r})).printers(); "
        "rooms = {name.split('.')[1] for name in sys.modules if name.startswith('kctl.')}; "
        "print(sorted(rooms - {'plugins', 'printing'}))"
    )
    root = Path(kctl.__file__).parent.parent
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        cwd=root,
        env={**os.environ, "KCTL_DISABLE_PLUGINS": INSTALLED},
        check=True,
    )
    assert not {"controllers", "runtime", "store", "network"} & set(ast.literal_eval(done.stdout))
