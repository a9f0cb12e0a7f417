"""A wrong clock: python skew.py ENGINE_SOCKET SKEWED_SOCKET SECONDS, until it is terminated.

Relays connections to a Docker engine and moves every time in what the engine says (RFC 3339
texts, Unix seconds and nanoseconds of events, the Date header) by so many whole seconds, and
`since` and `until` of requests by as much the other way: what a host whose clock is wrong
would say. No text changes its length, so lengths and chunks stay true."""

from __future__ import annotations

import asyncio
import re
import signal
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from pathlib import Path

ENGINE, SKEWED, SECONDS = sys.argv[1], sys.argv[2], int(sys.argv[3])
LONGEST = 48
"""Bytes kept back while more is on its way, so that no time is cut in two."""

_TIME = re.compile(
    rb"(?P<text>20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d)(?=[.Z])"
    rb'|(?P<seconds>(?<="time":)\d{10}|(?<="Created":)\d{10})'
    rb'|(?<="timeNano":)(?P<nanos>\d{19})'
    rb"|(?<=\r\nDate: )(?P<date>[^\r]{29})"
)
_ASKED = re.compile(rb"(?<=[?&](?:since|until)=)\d{10}|(?<=[?&]since=)\d{10}")


def moved(found: re.Match[bytes]) -> bytes:
    text = found[0]
    if found["text"]:
        then = datetime.fromisoformat(text.decode()) + timedelta(seconds=SECONDS)
        return then.isoformat(timespec="seconds").encode()
    if found["date"]:
        shifted = parsedate_to_datetime(text.decode()) + timedelta(seconds=SECONDS)
        return format_datetime(shifted.astimezone(UTC), usegmt=True).encode()
    return b"%d" % (int(text) + SECONDS * (10**9 if found["nanos"] else 1))


def said(data: bytes) -> bytes:
    return _TIME.sub(moved, data)


def asked(data: bytes) -> bytes:
    return _ASKED.sub(lambda found: b"%d" % (int(found[0]) - SECONDS), data)


async def pump(
    source: asyncio.StreamReader, sink: asyncio.StreamWriter, change: Callable[[bytes], bytes]
) -> None:
    kept = b""
    try:
        while True:
            waiting = source.read(65536)
            try:
                data = await asyncio.wait_for(waiting, 0.01) if kept else await waiting
            except TimeoutError:  # nothing follows for now
                sink.write(kept)
                kept = b""
                continue
            changed = change(kept + data)
            if not data:
                sink.write(changed)
                break
            kept = changed[-LONGEST:]
            sink.write(changed[: len(changed) - len(kept)])
            await sink.drain()
        sink.write_eof()
    except OSError:  # the other side has gone
        sink.close()


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        engine_reader, engine_writer = await asyncio.open_unix_connection(ENGINE)
    except OSError:
        writer.close()
        return
    await asyncio.gather(pump(reader, engine_writer, asked), pump(engine_reader, writer, said))
    for each in (writer, engine_writer):
        each.close()


async def main() -> None:
    server = await asyncio.start_unix_server(serve, SKEWED)
    done = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, done.set)
    await done.wait()
    server.close()
    Path(SKEWED).unlink(missing_ok=True)


asyncio.run(main())
