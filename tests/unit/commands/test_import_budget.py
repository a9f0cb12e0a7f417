"""What each light command may import: names, not milliseconds, so that a slow machine
cannot hide a heavy import and a fast one cannot excuse it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]

HEAVY = {
    "asyncio", "click", "dataclasses", "docker", "email", "enum", "hashlib", "http",
    "importlib.metadata", "inspect", "jinja2", "json", "kctl.api", "kctl.plugins.manager",
    "kctl.reconcile.plane",
    "kctl.store.store", "kctl.store.types", "logging", "orjson", "pathlib", "pluggy", "pydantic",
    "random", "re", "requests", "shutil", "socket", "sqlalchemy", "ssl", "subprocess", "tabulate",
    "tempfile", "threading", "typer", "typing", "urllib", "uuid", "yaml",
}  # fmt: skip
"""None of these, nor anything below them, for a table from the store."""

CHILD = """
import sys
sys.path.insert(0, sys.argv[1])
from kctl.cli import run
code = run(sys.argv[2:])
names = sorted(set(sys.modules))
print(*names, sep="\\n", file=sys.stderr)
sys.exit(code)
"""


def imported(home: Path, *line: str) -> tuple[str, set[str]]:
    """(what it printed, the modules that are loaded at its end), from a bare Python."""
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", CHILD, str(ROOT), *line],
        env={"KCTL_HOME": str(home), "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout, set(done.stderr.split())


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A control plane with one pod, whose last pass was just now: nothing is to be asked
    of an engine."""
    import time

    from kctl.store.store import Store
    from kctl.store.types import Key, Write

    catalog = {
        "resources": [
            {
                "resource": "pods",
                "kind": "Pod",
                "group": "",
                "version": "v1",
                "namespaced": True,
                "columns": [["Name", 0], ["Ready", 0], ["Age", 0], ["IP", 1]],
                "short": ["po"],
            }
        ]
    }
    with Store.open(tmp_path / "kctl.db") as store:
        store.meta_put("catalog", json.dumps(catalog))
        pod = Write(
            Key("pods", "default", "web"),
            0,
            b'{"apiVersion":"v1","kind":"Pod","metadata":{"name":"web"}}',
            uid="u",
            labels='{"app":"web"}',
            cells=json.dumps(["web", "1/1", [time.time() - 5], "10.0.0.1"]),
        )
        revision = store.write([pod])[0]
        later = {"revision": revision, "at": time.time() + 600, "digests": {}}
        store.meta_put("pass", json.dumps(later))
    return tmp_path


LIGHT = [
    ["get", "pods"],
    ["get", "po", "web"],
    ["get", "pods", "-o", "wide", "--no-headers"],
    ["get", "pod/web", "--show-labels"],
    ["get", "pods", "-A", "-L", "app"],
    ["options"],
]


@pytest.mark.parametrize("line", LIGHT, ids=" ".join)
def test_a_light_command_imports_nothing_heavy(home: Path, line: list[str]) -> None:
    _, modules = imported(home, *line)
    bare = imported_by_python_alone()
    extra = modules - bare
    heavy = {m for m in extra if any(m == h or m.startswith(h + ".") for h in HEAVY)}
    assert not heavy


def test_a_table_imports_few_modules(home: Path) -> None:
    _, modules = imported(home, "get", "pods")
    extra = modules - imported_by_python_alone()
    assert len(extra) <= 50, sorted(extra)


def test_the_row_is_printed(home: Path) -> None:
    out, _ = imported(home, "get", "pods")
    assert out.splitlines()[0] == "NAME   READY   AGE"
    assert out.splitlines()[1].split()[:2] == ["web", "1/1"]


def imported_by_python_alone() -> set[str]:
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", "import sys; print(*sys.modules, sep='\\n')"],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return set(done.stdout.split())
