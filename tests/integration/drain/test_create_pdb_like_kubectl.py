"""create poddisruptionbudget makes of each command line what the real kubectl makes of it."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from tests.integration.commands.oracle import both

LINES = [
    "pdb x --selector=app=web --min-available=1",
    "pdb x --selector=app=web --max-unavailable=50%",
    "pdb x --selector=app=web --max-unavailable=99999999999",
    "pdb x --selector='b=c,a in (x,y),!z,q,w notin (1)' --max-unavailable=0 -n foo --save-config",
    "pdb x --selector=a!=b --min-available=1",
    "pdb x --selector='a>1' --min-available=1",
    "pdb x --selector='a=(' --min-available=1",
    "pdb x --selector=app=web --min-available=1x",
    "pdb x --selector=app=web --max-unavailable=-1",
    "pdb x --selector=app=web",
    "pdb x --min-available=1",
    "pdb --min-available=1",
    "poddisruptionbudget x --selector=app=web --min-available=1 --max-unavailable=2",
]


@pytest.mark.parametrize("line", LINES)
def test_like_kubectl(tmp_path: Path, line: str) -> None:
    (tmp_path / "nobody").mkdir()
    words = ["create", *shlex.split(line), "--dry-run=client", "-o", "json"]
    ours, theirs = both(words, tmp_path)
    assert ours == theirs
