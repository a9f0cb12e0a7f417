"""The embedded programs come out of their assembly source, and behave.

Needs binutils for both machines (Debian: binutils, binutils-aarch64-linux-gnu)."""

from __future__ import annotations

import errno
import importlib.util
import platform
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path
from types import ModuleType

import pytest

from kctl.runtime.docker import pause, relay

SCRIPT = Path(__file__).parents[3] / "scripts" / "programs" / "make.py"
PROGRAMS = {"pause": pause.PROGRAMS, "relay": relay.PROGRAMS}
HERE = {"x86_64": "amd64", "aarch64": "arm64"}[platform.machine()]


def _maker() -> ModuleType:
    found = importlib.util.spec_from_file_location("make_programs", SCRIPT)
    assert found is not None and found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


def _program(folder: Path, name: str) -> Path:
    program = folder / name
    program.write_bytes(PROGRAMS[name][HERE])
    program.chmod(0o755)
    return program


@pytest.mark.parametrize("architecture", ["amd64", "arm64"])
@pytest.mark.parametrize("name", sorted(PROGRAMS))
def test_assembling_it_again_gives_the_same_bytes(name: str, architecture: str) -> None:
    assert _maker().assemble(name, architecture) == PROGRAMS[name][architecture]


@pytest.mark.parametrize("name", sorted(PROGRAMS))
def test_the_written_file_is_what_comes_out(name: str) -> None:
    module = _maker()
    assert (module.TARGET / f"{name}.py").read_text() == module.render(name, PROGRAMS[name])


def test_pause_waits_and_leaves_at_once_on_a_signal(tmp_path: Path) -> None:
    program = _program(tmp_path, "pause")
    for number in (signal.SIGTERM, signal.SIGINT):
        process = subprocess.Popen([program])
        process.send_signal(signal.SIGCHLD)
        time.sleep(0.1)
        assert process.poll() is None
        process.send_signal(number)
        assert process.wait(2) == 0


def test_relay_without_a_port_lives_as_long_as_its_input(tmp_path: Path) -> None:
    process = subprocess.Popen([_program(tmp_path, "relay")], stdin=subprocess.PIPE)
    assert process.stdin is not None
    process.stdin.write(b"x" * 100_000)
    process.stdin.flush()
    time.sleep(0.1)
    assert process.poll() is None
    process.stdin.close()
    assert process.wait(2) == 0


@pytest.mark.parametrize(
    ("family", "address"), [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")]
)
def test_relay_carries_both_directions_at_once(
    tmp_path: Path, family: socket.AddressFamily, address: str
) -> None:
    """The peer answers each byte while it comes, and ends when we have ended."""
    try:
        listener = socket.create_server((address, 0), family=family)
    except OSError:
        pytest.skip(f"this machine has no {address}")

    def echo() -> None:
        peer, _ = listener.accept()
        with peer:
            while chunk := peer.recv(65536):
                peer.sendall(chunk)

    with listener:
        threading.Thread(target=echo, daemon=True).start()
        port = str(listener.getsockname()[1])
        data = bytes(range(256)) * 40_000
        done = subprocess.run(
            [_program(tmp_path, "relay"), port], input=data, capture_output=True, timeout=20
        )
    assert (done.returncode, done.stdout == data, done.stderr) == (0, True, b"")


def test_relay_exits_with_the_error_of_the_connect(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    done = subprocess.run([_program(tmp_path, "relay"), str(port)], timeout=5, check=False)
    assert done.returncode == errno.ECONNREFUSED


def test_relay_ends_with_the_connection(tmp_path: Path) -> None:
    """Though its input is still open, and nobody is left behind to read it."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = str(listener.getsockname()[1])
        process = subprocess.Popen(
            [_program(tmp_path, "relay"), port], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        peer, _ = listener.accept()
        peer.sendall(b"bye")
        peer.close()
        assert process.stdout is not None and process.stdin is not None
        assert process.stdout.read() == b"bye"
        assert process.wait(2) == 0
        process.stdin.close()
