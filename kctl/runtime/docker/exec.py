"""Running a command in a container: for a person or a client (`Exec`), or for kctl (`run`)."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from kctl.runtime.docker import hijack, terminal
from kctl.runtime.docker.frames import Demultiplexer
from kctl.runtime.docker.wire import Streamed

if TYPE_CHECKING:
    from kctl.runtime.docker.client import Engine

_CONNECT = 10.0


def run(
    engine: Engine, container_id: str, command: Sequence[str], timeout: float
) -> tuple[int | None, bytes]:
    """Run a command without input; (exit code, output). The code is None when it had not
    ended after `timeout` seconds (the engine has no way to end it)."""
    with engine.quick() as api:
        made = api.exec_create(container_id, list(command))
    stream = start(engine, made["Id"], tty=False)
    output, frames = b"", Demultiplexer()
    deadline = time.monotonic() + timeout
    try:
        while True:
            stream.wait_at_most(max(0.01, deadline - time.monotonic()))
            chunk = stream.receive()
            if not chunk:
                break
            output += b"".join(payload for _, payload in frames.feed(chunk))
    except TimeoutError:
        return None, output
    finally:
        stream.close()
    return exit_code(engine, made["Id"]), output


def start(engine: Engine, exec_id: str, *, tty: bool) -> hijack.Stream:
    """The streams of a prepared exec. Raises APIError, `HostUnreachable`."""
    with engine.quick() as api:
        path = f"/v{api.api_version}/exec/{exec_id}/start"
    with engine.translated(_CONNECT):
        return hijack.post(path, engine.url, {"Detach": False, "Tty": tty}, _CONNECT)


def exit_code(engine: Engine, exec_id: str) -> int:
    """The exit code; the engine knows it a moment after the stream ends."""
    for _ in range(100):
        with engine.quick() as api:
            found = api.exec_inspect(exec_id)
        if not found["Running"]:
            return int(found["ExitCode"] or 0)
        time.sleep(0.01)
    return int(found["ExitCode"] or 0)


class Exec:
    """A command in a container (`ExecStream`)."""

    def __init__(
        self, engine: Engine, container_id: str, command: Sequence[str], *, stdin: bool, tty: bool
    ) -> None:
        self._engine, self._stdin, self._tty = engine, stdin, tty
        self._container, self._command = container_id, list(command)

    def run(self, stdin: Any, stdout: Any, stderr: Any) -> int:
        """Copy until the process ends; its exit code. Streams are binary files."""
        wire = self.wire()
        try:
            person = stdin if self._tty and self._stdin else None
            with terminal.raw(person, wire.resize), self._engine.translated():
                if self._stdin:
                    terminal.feed(stdin, wire.stream)
                terminal.copy(wire.stream, stdout, stderr, tty=self._tty)
        finally:
            wire.close()
        return wire.result()

    def wire(self) -> Running:
        from docker.errors import APIError, NotFound

        from kctl.runtime.docker.client import explanation

        try:
            with self._engine.quick() as api:
                made = api.exec_create(
                    self._container, self._command, stdin=self._stdin, tty=self._tty
                )
            stream = start(self._engine, made["Id"], tty=self._tty)
        except NotFound:
            raise FileNotFoundError(f"no such container: {self._container}") from None
        except APIError as error:
            raise RuntimeError(explanation(error)) from None
        return Running(self._engine, made["Id"], stream, tty=self._tty)


class Running(Streamed):
    """A command that runs, as a `Session`."""

    def __init__(self, engine: Engine, exec_id: str, stream: hijack.Stream, *, tty: bool) -> None:
        super().__init__(stream, tty=tty)
        self._engine, self._exec = engine, exec_id

    def resize(self, rows: int, columns: int) -> None:
        from docker.errors import APIError

        with contextlib.suppress(APIError), self._engine.quick() as api:
            api.exec_resize(self._exec, height=rows, width=columns)

    def result(self) -> int:
        return exit_code(self._engine, self._exec)
