"""`kctl plugin list` where a plugin is broken: it is named, and the rest works."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.integration.verbs.sides import Ran, run


def _install(site: Path, name: str, code: str) -> None:
    """A distribution with one entry point, as pip would leave it."""
    site.mkdir(exist_ok=True)
    (site / f"{name}.py").write_text(code)
    info = site / f"{name}-1.2.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.2\n")
    (info / "entry_points.txt").write_text(f"[kctl]\n{name} = {name}\n")


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    site = tmp_path / "site"
    _install(site, "brokenone", "raise RuntimeError('does not load')\n")
    return {
        "KCTL_HOME": str(tmp_path / "home"),
        "KCTL_LOCAL_HOST": "none",
        "PYTHONPATH": str(site),
    }


def _kctl(line: str, env: dict[str, str]) -> Ran:
    return run([sys.executable, "-m", "kctl"], line, env)


def test_broken_plugin_is_listed_with_its_error(env: dict[str, str]) -> None:
    ran = _kctl("plugin list", env)
    assert ran.code == 1
    line = next(each for each in ran.out.splitlines() if "brokenone" in each)
    assert "broken" in line.split()
    assert "does not load" in line
    assert "Traceback" not in ran.out + ran.err


def test_commands_go_on_beside_a_broken_plugin(env: dict[str, str]) -> None:
    ran = _kctl("create configmap x --from-literal=a=b", env)
    assert (ran.code, ran.out) == (0, "configmap/x created\n")
    assert ran.err.count("\n") == 1
    assert "brokenone" in ran.err
