"""A remote command: what exec and attach share, whatever the client speaks.

A client's end is a `Remote`: over SPDY one stream for each of stdin, stdout, stderr, the
terminal's size and the outcome, over a WebSocket one channel for each.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from kctl.api.errors import bad_request, internal
from kctl.api.kind import Object
from kctl.runtime.stream_types import STDERR, Session
from kctl.runtime.types import HostUnreachable
from kctl.server.call import Call
from kctl.server.streams.engines import Engines
from kctl.server.streams.pods import unreachable
from kctl.server.streams.sockets import PIECE, end_input, ended, on_loop

SUCCESS: Object = {"metadata": {}, "status": "Success"}


class Gone(Exception):
    """The client is."""


@dataclass(frozen=True, slots=True)
class Options:
    """Which streams the client asks for. A terminal has no stderr of its own."""

    stdin: bool
    stdout: bool
    stderr: bool
    tty: bool

    @classmethod
    def of(cls, call: Call) -> Options:
        """Raises BadRequest."""
        tty = call.flag("tty")
        made = cls(call.flag("stdin"), call.flag("stdout"), call.flag("stderr") and not tty, tty)
        if not (made.stdin or made.stdout or made.stderr):
            raise bad_request("you must specify at least 1 of stdin, stdout, stderr")
        return made

    def wants(self, stream: int) -> bool:
        return self.stderr if stream == STDERR else self.stdout


class Remote(Protocol):
    """The client's end. One task uses each method."""

    async def stdin(self) -> bytes:
        """The next input; b"" at its end."""
        ...

    async def resized(self) -> tuple[int, int] | None:
        """(rows, columns) once they change; None at the end."""
        ...

    async def write(self, stream: int, data: bytes) -> None:
        """Waits until there is room. Raises Gone."""
        ...

    async def gone(self) -> None:
        """Returns once the client is gone."""
        ...

    async def finish(self, status: Object) -> None:
        """Tell the outcome, then end everything in good order."""
        ...

    async def close(self) -> None:
        """End it, in whatever state it is."""
        ...


@dataclass(frozen=True, slots=True)
class Command:
    """What is to be connected. `begin` blocks, and raises what `ExecStream.wire` does; `doing`
    are the kubelet's words before such a reason; `outcome` is the Status of an exit code."""

    begin: Callable[[], Session]
    doing: str
    outcome: Callable[[int], Object]


async def carry(remote: Remote, options: Options, engines: Engines, command: Command) -> None:
    """Begin a process and connect it to the client, until one of them ends. The process of a
    client that is gone gets the end of its input, and no reader: nobody ends it otherwise,
    as with a kubelet."""
    try:
        try:
            session = await engines.opened(command.begin)
            await _connect(remote, options, engines, session)
            code = await engines.ask(session.result)
        except HostUnreachable as error:
            await remote.finish(unreachable(error).status)
        except (OSError, RuntimeError) as error:
            await remote.finish(internal(f"{command.doing}: {error}").status)
        else:
            await remote.finish(command.outcome(code))
    except Gone:
        return
    finally:
        await remote.close()


async def _connect(remote: Remote, options: Options, engines: Engines, session: Session) -> None:
    """Raises Gone, OSError where the host is lost."""
    async with on_loop(session) as (reader, writer):
        output = asyncio.create_task(_copy(reader, session, remote, options))
        gone = asyncio.create_task(remote.gone())
        tasks = [output, gone]
        if options.stdin:
            tasks.append(asyncio.create_task(_feed(remote, writer)))
        if options.tty:
            tasks.append(asyncio.create_task(_resize(remote, session, engines)))
        try:
            await asyncio.wait({output, gone}, return_when=asyncio.FIRST_COMPLETED)
            if not output.done():
                raise Gone
            output.result()
        finally:
            await ended(tasks)


async def _copy(
    reader: asyncio.StreamReader, session: Session, remote: Remote, options: Options
) -> None:
    while chunk := await reader.read(PIECE):
        for stream, data in session.decode(chunk):
            if options.wants(stream):
                await remote.write(stream, data)


async def _feed(remote: Remote, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):  # the process ended first; nobody reads what is left
        while data := await remote.stdin():
            writer.write(data)
            await writer.drain()
        await end_input(writer)


async def _resize(remote: Remote, session: Session, engines: Engines) -> None:
    while (size := await remote.resized()) is not None:
        with contextlib.suppress(HostUnreachable, OSError):
            await engines.ask(session.resize, *size)


def words_of(status: Object) -> str:
    """What protocols before v4 tell instead of a Status: nothing of a success."""
    return str(status.get("message", ""))


def size_of(decoded: Any) -> tuple[int, int] | None:
    """(rows, columns) of a TerminalSize, None for anything else."""
    if not isinstance(decoded, dict):
        return None
    rows, columns = decoded.get("Height"), decoded.get("Width")
    for each in (rows, columns):
        if not isinstance(each, int) or isinstance(each, bool) or not 0 < each < 65536:
            return None
    return rows, columns  # type: ignore[return-value]


class Sizes:
    """A stream of JSON documents as terminal sizes, whole ones as they come."""

    def __init__(self) -> None:
        self._text = ""
        self._decoder = json.JSONDecoder()

    def feed(self, data: bytes) -> list[tuple[int, int]]:
        """Nothing after something that is no JSON."""
        self._text += data.decode(errors="replace")
        found: list[tuple[int, int]] = []
        while text := self._text.lstrip():
            try:
                decoded, end = self._decoder.raw_decode(text)
            except (ValueError, RecursionError):
                self._text = text if len(text) < 1024 else ""
                return found
            self._text = text[end:]
            size = size_of(decoded)
            if size is not None:
                found.append(size)
        return found
