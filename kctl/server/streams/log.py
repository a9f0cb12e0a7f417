"""The log of a container."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial

from starlette.responses import PlainTextResponse, Response

from kctl.api import errors, fields
from kctl.api.kind import Kind
from kctl.api.times import parse
from kctl.runtime.log_source import Source, source
from kctl.runtime.stream_types import STDERR, STDOUT, Wire
from kctl.runtime.types import HostUnreachable
from kctl.server.call import Call
from kctl.server.streams.pods import container_of, pod_of, unreachable
from kctl.server.streams.sockets import PIECE, ended, on_loop

ALL = "All"
_STREAMS = {ALL: (STDOUT, STDERR), "Stdout": (STDOUT,), "Stderr": (STDERR,)}


@dataclass(frozen=True, slots=True)
class Options:
    """PodLogOptions of core/v1; `since` in epoch seconds."""

    follow: bool
    previous: bool
    timestamps: bool
    since: float | None
    tail: int | None
    limit: int | None
    streams: tuple[int, ...]

    @classmethod
    def of(cls, call: Call) -> Options:
        """Raises BadRequest for what cannot be read, Invalid for what cannot be meant
        (ValidatePodLogOptions)."""
        tail, limit = call.number("tailLines"), call.number("limitBytes")
        seconds, moment = call.number("sinceSeconds"), _moment(call.query.get("sinceTime", ""))
        stream = call.query.get("stream") or ALL
        causes: list[fields.FieldError] = []
        if tail is not None and tail < 0:
            why = "must be greater than or equal to 0"
            causes.append(fields.invalid("tailLines", tail, why))
        if limit is not None and limit < 1:
            causes.append(fields.invalid("limitBytes", limit, "must be greater than 0"))
        if seconds is not None and moment is not None:
            why = "at most one of `sinceTime` or `sinceSeconds` may be specified"
            causes.append(fields.forbidden("", why))
        elif seconds is not None and seconds < 1:
            causes.append(fields.invalid("sinceSeconds", seconds, "must be greater than 0"))
        if stream not in _STREAMS:
            causes.append(fields.not_supported("stream", stream, sorted(_STREAMS)))
        elif stream != ALL and tail is not None:
            why = "`tailLines` and specific `stream` are mutually exclusive for now"
            causes.append(fields.forbidden("", why))
        if causes:
            raise errors.invalid("", "PodLogOptions", call.info.name, causes)
        since = call.server.now() - seconds if seconds is not None else moment
        flags = (call.flag("follow"), call.flag("previous"), call.flag("timestamps"))
        return cls(*flags, since, tail, limit, _STREAMS[stream])


def _moment(text: str) -> float | None:
    if not text:
        return None
    try:
        return parse(text).timestamp()
    except (ValueError, OverflowError) as error:
        raise errors.bad_request(str(error)) from None


async def log(call: Call, kind: Kind) -> Response | None:
    """Text, until its end or, followed, until the container's or the client's."""
    options = Options.of(call)
    pod = pod_of(call)
    container = container_of(pod, call.query.get("container", ""))
    if not pod["spec"].get("nodeName"):
        return PlainTextResponse("")  # one that is nowhere yet has said nothing
    where = source(pod, container, previous=options.previous)
    try:
        runtime = call.server.engines.of(pod)
        wire = await call.server.engines.opened(
            partial(
                runtime.log_wire,
                where.id,
                follow=options.follow,
                tail=options.tail,
                since=_later(options, where),
                until=where.until,
                timestamps=options.timestamps,
            )
        )
    except HostUnreachable as error:
        raise unreachable(error) from None
    except (FileNotFoundError, RuntimeError) as error:
        raise errors.internal(f"unable to retrieve container logs: {error}") from None
    await _answer(call, wire, options)
    return None


def _later(options: Options, where: Source) -> float | None:
    if options.since is None or where.since is None:
        return options.since if where.since is None else where.since
    return max(options.since, where.since)


async def _answer(call: Call, wire: Wire, options: Options) -> None:
    """The head at once: whoever follows waits for lines, not for an answer."""
    await call.send(
        {
            "type": "http.response.start",
            "status": 200,
            "headers": [
                (b"content-type", b"text/plain"),
                (b"cache-control", b"no-cache, private"),
            ],
        }
    )
    copying = asyncio.create_task(_copy(call, wire, options))
    leaving = asyncio.create_task(_left(call))
    try:
        await asyncio.wait({copying, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if copying.done():
            copying.result()
    finally:
        await ended([copying, leaving])


async def _copy(call: Call, wire: Wire, options: Options) -> None:
    left = options.limit
    async with on_loop(wire) as (reader, _):
        with contextlib.suppress(OSError):  # the host is lost: what came is all there is
            while (left is None or left > 0) and (chunk := await reader.read(PIECE)):
                data = _wanted(wire.decode(chunk), options.streams)[:left]
                if left is not None:
                    left -= len(data)
                if data:
                    await call.send({"type": "http.response.body", "body": data, "more_body": True})
    await call.send({"type": "http.response.body", "body": b""})


def _wanted(found: Iterable[tuple[int, bytes]], streams: tuple[int, ...]) -> bytes:
    return b"".join(data for stream, data in found if stream in streams)


async def _left(call: Call) -> None:
    while (await call.receive())["type"] != "http.disconnect":
        continue
