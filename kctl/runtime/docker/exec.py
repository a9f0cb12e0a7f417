"""Running a command in a container: for a person (`Exec`), or for kctl (`run`).

With a terminal the person's own terminal is put into raw mode and its size is passed on,
now and whenever it changes.
"""

from __future__ import annotations

import contextlib
import signal
import threading
import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from kctl.runtime.docker import hijack
from kctl.runtime.docker.frames import STDERR, Demultiplexer

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
    stream = _start(engine, made["Id"], tty=False)
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
    return _exit_code(engine, made["Id"]), output


def _start(engine: Engine, exec_id: str, *, tty: bool) -> hijack.Stream:
    with engine.quick() as api:
        path = f"/v{api.api_version}/exec/{exec_id}/start"
    with engine.translated(_CONNECT):
        return hijack.post(path, engine.url, {"Detach": False, "Tty": tty}, _CONNECT)


def _exit_code(engine: Engine, exec_id: str) -> int:
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
            stream = _start(self._engine, made["Id"], tty=self._tty)
        except NotFound:
            raise FileNotFoundError(f"no such container: {self._container}") from None
        except APIError as error:
            raise RuntimeError(explanation(error)) from None
        try:
            with self._terminal(stdin, made["Id"]), self._engine.translated():
                if self._stdin:
                    threading.Thread(target=_feed, args=(stdin, stream), daemon=True).start()
                self._copy(stream, stdout, stderr)
        finally:
            stream.close()
        return _exit_code(self._engine, made["Id"])

    def _copy(self, stream: hijack.Stream, stdout: Any, stderr: Any) -> None:
        frames = Demultiplexer()
        while chunk := stream.receive():
            for source, payload in [(1, chunk)] if self._tty else frames.feed(chunk):
                target = stderr if source == STDERR else stdout
                target.write(payload)
                target.flush()

    @contextlib.contextmanager
    def _terminal(self, stdin: Any, exec_id: str) -> Iterator[None]:
        """Raw mode and sizes, where both sides are terminals."""
        if not (self._tty and self._stdin and stdin is not None and stdin.isatty()):
            yield
            return
        import termios
        import tty

        descriptor = stdin.fileno()
        before = termios.tcgetattr(descriptor)
        main = threading.current_thread() is threading.main_thread()
        handler: Any = None

        def resize(*_: Any) -> None:
            rows, columns = termios.tcgetwinsize(descriptor)
            if rows and columns:
                with self._engine.quick() as api:
                    api.exec_resize(exec_id, height=rows, width=columns)

        try:
            tty.setraw(descriptor)
            resize()
            if main:
                handler = signal.signal(signal.SIGWINCH, resize)
            yield
        finally:
            if main:
                signal.signal(signal.SIGWINCH, handler or signal.SIG_DFL)
            termios.tcsetattr(descriptor, termios.TCSADRAIN, before)


def _feed(stdin: Any, stream: hijack.Stream) -> None:
    """Pass the person's input on, and its end."""
    read = getattr(stdin, "read1", None) or stdin.read
    try:
        while data := read(65536):
            stream.send(data)
        stream.finish()
    except OSError:
        return  # the process ended first; nobody reads what is left
