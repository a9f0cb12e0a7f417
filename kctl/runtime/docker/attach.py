"""A person's streams on a container that runs already (`ExecStream`)."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from kctl.runtime.docker import hijack, terminal

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
        """Copy until the process ends or the person leaves; the exit code, 0 while it runs.

        Raises FileNotFoundError when the container is gone, RuntimeError with the engine's
        words when it cannot be attached to."""
        from docker.errors import APIError, NotFound

        from kctl.runtime.docker.client import explanation

        try:
            stream = self._open()
            try:
                if not self._state()["Running"]:
                    # whoever attaches to an ended container waits for its next life
                    stream.wait_at_most(_LAST_WORDS)
                    self._stdin = False
                self._connect(stream, stdin, stdout, stderr)
            finally:
                stream.close()
            state = self._state()
        except NotFound:
            raise FileNotFoundError(f"no such container: {self._container}") from None
        except APIError as error:
            raise RuntimeError(explanation(error)) from None
        return 0 if state["Running"] else int(state["ExitCode"] or 0)

    def _open(self) -> hijack.Stream:
        with self._engine.quick() as api:
            path = f"/v{api.api_version}/containers/{self._container}/attach"
        with self._engine.translated(_CONNECT):
            query = urlencode(self._query, safe=",")
            return hijack.post(f"{path}?{query}", self._engine.url, {}, _CONNECT)

    def _connect(self, stream: hijack.Stream, stdin: Any, stdout: Any, stderr: Any) -> None:
        person = stdin if self._tty and self._stdin else None
        with (
            terminal.raw(person, self._resize),
            self._engine.translated(),
            contextlib.suppress(TimeoutError),
        ):
            if self._stdin:
                terminal.feed(stdin, stream)
            terminal.copy(stream, stdout, stderr, tty=self._tty)

    def _resize(self, rows: int, columns: int) -> None:
        with self._engine.quick() as api:
            api.resize(self._container, height=rows, width=columns)

    def _state(self) -> Mapping[str, Any]:
        with self._engine.quick() as api:
            state: Mapping[str, Any] = api.inspect_container(self._container)["State"]
        return state
