"""Streams on a container that runs already (`ExecStream`)."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from kctl.runtime.docker import hijack, terminal
from kctl.runtime.docker.wire import Streamed

if TYPE_CHECKING:
    from kctl.runtime.docker.client import Engine

_CONNECT = 10.0
_LAST_WORDS = 1.0
"""Seconds to wait for the end of a stream whose container had ended already."""


class Attach:
    """`replay` begins with what the container has written so far. `detach_keys` (Docker's
    "ctrl-p,ctrl-q") leave it running; they mean something on a terminal only."""

    def __init__(
        self,
        engine: Engine,
        container_id: str,
        *,
        stdin: bool,
        tty: bool,
        replay: bool = False,
        detach_keys: str = "",
    ) -> None:
        self._engine, self._container = engine, container_id
        self._stdin, self._tty = stdin, tty
        self._query: dict[str, Any] = {
            "stream": 1,
            "stdout": 1,
            "stderr": 1,
            "stdin": int(stdin),
            "logs": int(replay),
        }
        if detach_keys:
            self._query["detachKeys"] = detach_keys

    def run(self, stdin: Any, stdout: Any, stderr: Any) -> int:
        """Copy until the process ends or the person leaves; the exit code, 0 while it runs."""
        with self._refusals():
            wire = self._open()
            try:
                if not wire.running():
                    # whoever attaches to an ended container waits for its next life
                    wire.stream.wait_at_most(_LAST_WORDS)
                    self._stdin = False
                self._copy(wire, stdin, stdout, stderr)
            finally:
                wire.close()
            return wire.result()

    def wire(self) -> Attached:
        """Raises FileNotFoundError as well where the container does not run."""
        with self._refusals():
            wire = self._open()
            if not wire.running():
                wire.close()
                raise FileNotFoundError(f"container {self._container} is not running")
            return wire

    @contextlib.contextmanager
    def _refusals(self) -> Iterator[None]:
        from docker.errors import APIError, NotFound

        from kctl.runtime.docker.client import explanation

        try:
            yield
        except NotFound:
            raise FileNotFoundError(f"no such container: {self._container}") from None
        except APIError as error:
            raise RuntimeError(explanation(error)) from None

    def _open(self) -> Attached:
        with self._engine.quick() as api:
            path = f"/v{api.api_version}/containers/{self._container}/attach"
        with self._engine.translated(_CONNECT):
            query = urlencode(self._query, safe=",")
            stream = hijack.post(f"{path}?{query}", self._engine.url, {}, _CONNECT)
        return Attached(self._engine, self._container, stream, tty=self._tty)

    def _copy(self, wire: Attached, stdin: Any, stdout: Any, stderr: Any) -> None:
        person = stdin if self._tty and self._stdin else None
        with (
            terminal.raw(person, wire.resize),
            self._engine.translated(),
            contextlib.suppress(TimeoutError),
        ):
            if self._stdin:
                terminal.feed(stdin, wire.stream)
            terminal.copy(wire.stream, stdout, stderr, tty=self._tty)


class Attached(Streamed):
    """A container's own streams, as a `Session`."""

    def __init__(
        self, engine: Engine, container_id: str, stream: hijack.Stream, *, tty: bool
    ) -> None:
        super().__init__(stream, tty=tty)
        self._engine, self._container = engine, container_id

    def resize(self, rows: int, columns: int) -> None:
        from docker.errors import APIError

        with contextlib.suppress(APIError), self._engine.quick() as api:
            api.resize(self._container, height=rows, width=columns)

    def running(self) -> bool:
        return bool(self._state()["Running"])

    def result(self) -> int:
        """The exit code; 0 while the container runs."""
        state = self._state()
        return 0 if state["Running"] else int(state["ExitCode"] or 0)

    def _state(self) -> Mapping[str, Any]:
        with self._engine.quick() as api:
            state: Mapping[str, Any] = api.inspect_container(self._container)["State"]
        return state
