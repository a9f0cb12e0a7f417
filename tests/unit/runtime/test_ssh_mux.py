"""The packets of a master, and masters that do not keep to the protocol."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kctl.runtime.ssh.mux import Mux, MuxError

HELLO = struct.pack(">III", 8, 1, 4)


KINDS = st.sampled_from([1, 0x80000001, 0x80000003, 0x80000005]).map(lambda n: struct.pack(">I", n))
BODIES = st.builds(lambda kind, rest: kind + rest, KINDS, st.binary(max_size=12))
PACKETS = st.one_of(
    st.binary(max_size=60),
    BODIES.map(lambda body: struct.pack(">I", len(body)) + body),
    BODIES.map(lambda body: struct.pack(">I", len(body)) + body[:4] + struct.pack(">I", 1) + body),
)


@contextmanager
def answering(path: Path, data: bytes) -> Iterator[str]:
    """A socket whose owner says `data` to the first who comes, and closes."""
    path.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as server:
        server.bind(str(path))
        server.listen()

        def serve() -> None:
            sock, _ = server.accept()
            with sock, suppress(OSError):
                sock.sendall(data)
                sock.shutdown(socket.SHUT_WR)
                while sock.recv(4096):
                    continue

        thread = threading.Thread(target=serve)
        thread.start()
        yield str(path)
        thread.join(10)


def packet(*numbers: int, text: str | None = None) -> bytes:
    body = struct.pack(f">{len(numbers)}I", *numbers)
    if text is not None:
        body += struct.pack(">I", len(text)) + text.encode()
    return struct.pack(">I", len(body)) + body


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(PACKETS)
def test_whatever_a_master_says_is_an_answer_or_an_error(tmp_path: Path, data: bytes) -> None:
    said = HELLO + data
    with answering(tmp_path / "m", said) as path, Mux.connect(path, 5) as mux, suppress(OSError):
        mux.process()


@given(st.binary(max_size=16).filter(lambda data: data[:12] != HELLO))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_who_does_not_greet_is_no_master(tmp_path: Path, data: bytes) -> None:
    with answering(tmp_path / "m", data) as path, pytest.raises(OSError):
        Mux.connect(path, 5)


def test_another_version_is_refused(tmp_path: Path) -> None:
    with (
        answering(tmp_path / "m", packet(1, 3)) as path,
        pytest.raises(MuxError, match="version 3"),
    ):
        Mux.connect(path, 5)


def test_answers_to_older_questions_are_passed_over(tmp_path: Path) -> None:
    said = HELLO + packet(0x80000005, 9, 1) + packet(0x80000005, 1, 4711)
    with answering(tmp_path / "m", said) as path, Mux.connect(path, 5) as mux:
        assert mux.process() == 4711


def test_a_refusal_has_the_words_of_the_master(tmp_path: Path) -> None:
    said = HELLO + packet(0x80000003, 1, text="Port forwarding failed")
    with (
        answering(tmp_path / "m", said) as path,
        Mux.connect(path, 5) as mux,
        pytest.raises(MuxError, match="Port forwarding failed"),
    ):
        mux.open_forward("/a", "/b")


def test_a_connection_stands_until_the_master_ends_it(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as server:
        server.bind(str(tmp_path / "m"))
        server.listen()
        accepted: list[socket.socket] = []

        def serve() -> None:
            sock, _ = server.accept()
            sock.sendall(HELLO)
            accepted.append(sock)

        thread = threading.Thread(target=serve)
        thread.start()
        with Mux.connect(str(tmp_path / "m"), 5) as mux:
            thread.join(10)
            assert mux.stands()
            accepted[0].close()
            assert not mux.stands()
