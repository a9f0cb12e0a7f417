"""The embedded pause programs come out of their assembly source, and behave.

Needs binutils for both machines (Debian: binutils, binutils-aarch64-linux-gnu)."""

from __future__ import annotations

import importlib.util
import signal
import subprocess
import time
from pathlib import Path
from types import ModuleType

import pytest

from kctl.runtime.docker.pause import PROGRAMS

SCRIPT = Path(__file__).parents[3] / "scripts" / "pause" / "make.py"


def _maker() -> ModuleType:
    found = importlib.util.spec_from_file_location("make_pause", SCRIPT)
    assert found is not None and found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


@pytest.mark.parametrize("architecture", sorted(PROGRAMS))
def test_assembling_it_again_gives_the_same_bytes(architecture: str) -> None:
    assert _maker().assemble(architecture) == PROGRAMS[architecture]


def test_the_written_file_is_what_comes_out() -> None:
    module = _maker()
    assert module.TARGET.read_text() == module.render(PROGRAMS)


def test_it_waits_and_leaves_at_once_on_a_signal(tmp_path: Path) -> None:
    import platform

    program = tmp_path / "pause"
    program.write_bytes(PROGRAMS[{"x86_64": "amd64", "aarch64": "arm64"}[platform.machine()]])
    program.chmod(0o755)
    for number in (signal.SIGTERM, signal.SIGINT):
        process = subprocess.Popen([program])
        process.send_signal(signal.SIGCHLD)
        time.sleep(0.1)
        assert process.poll() is None
        process.send_signal(number)
        assert process.wait(2) == 0
