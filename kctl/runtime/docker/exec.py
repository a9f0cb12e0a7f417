"""Running a command in a container: for a person (`Exec`), or for kctl (`run`)."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from kctl.runtime.docker import hijack, terminal
from kctl.runtime.docker.frames import Demultiplexer

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
    """A command in a container, connected to a person's streams (`ExecStream`)."""

    def __init__(
        self, engine: Engine, container_id: str, command: Sequence[str], *, stdin: bool, tty: bool
    ) -> None:
        self._engine, self._stdin, self._tty = engine, stdin, tty
        self._container, self._command = container_id, list(command)

    def run(self, stdin: Any, stdout: Any, stderr: Any) -> int:
        """Copy until the process ends; its exit code. Streams are binary files.

        Raises FileNotFoundError when the container is gone, RuntimeError with the engine's
        words when the command cannot run."""
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
        try:
            person = stdin if self._tty and self._stdin else None
            with terminal.raw(person, self._resize(made["Id"])), self._engine.translated():
                if self._stdin:
                    terminal.feed(stdin, stream)
                terminal.copy(stream, stdout, stderr, tty=self._tty)
        finally:
            stream.close()
        return exit_code(self._engine, made["Id"])

    def _resize(self, exec_id: str) -> Callable[[int, int], None]:
        def resize(rows: int, columns: int) -> None:
            with self._engine.quick() as api:
                api.exec_resize(exec_id, height=rows, width=columns)

        return resize
