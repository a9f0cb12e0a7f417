"""The proxy subresources of pods and services."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from functools import cache
from urllib.parse import quote

from starlette.responses import Response

from kctl.api.errors import ApiError, bad_request
from kctl.api.kind import Kind
from kctl.runtime.docker.http import reason
from kctl.runtime.types import HostUnreachable
from kctl.server.call import Call
from kctl.server.raw import Raw
from kctl.server.streams.proxy_headers import (
    answer_headers,
    prefix,
    request_headers,
    target_path,
)
from kctl.server.streams.proxy_http import Answer, BadAnswer, read_head, request_head, status_of
from kctl.server.streams.proxy_target import Target, target_of, unavailable
from kctl.server.streams.sockets import PIECE, end_input, ended

CONNECT = 10.0


async def proxy(call: Call, kind: Kind) -> Response | None:
    """Pass a request on, and its answer back. Raises ApiError where there is no answer."""
    if call.scope["type"] == "websocket":
        raise bad_request("a path that is written otherwise than usual is not proxied")
    target = target_of(call)
    path = target_path(call)
    if not path and call.method in ("GET", "HEAD"):
        return _to_folder(call)
    reader, writer = await _connect(call, target)
    try:
        upgrade = call.connection.upgrade if call.connection is not None else ""
        headers = request_headers(call, path, upgrade)
        writer.write(request_head(call.method, path or "/", call.scope["query_string"], headers))
        await _exchange(call, target, reader, writer, upgrade)
    except BadAnswer as error:
        raise _failed(str(error)) from None
    finally:
        writer.transport.abort()
    return None


def _to_folder(call: Call) -> Response:
    """The root of the target ends with a slash, so that its relative links work."""
    query = call.scope["query_string"].decode("latin-1")
    where = quote(prefix(call), safe="/:@!$&'()*+,;=~-._") + "/"
    return Response(status_code=301, headers={"location": where + (f"?{query}" if query else "")})


def _failed(why: str) -> ApiError:
    return unavailable(f"error trying to reach service: {why}")


async def _connect(call: Call, target: Target) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Raises ApiError 503."""
    if not target.number:
        raise _failed(f"dial tcp: lookup tcp/{target.port}: unknown port")
    where = f"{target.netloc}" if target.port else f"{target.netloc}:{target.number}"
    try:
        engines = call.server.engines
        runtime = engines.of(target.pod)
        sock = await engines.opened(runtime.dial, target.address, target.number, CONNECT)
        return await _speak(sock, target)
    except ssl.SSLError as error:
        raise _failed(_tls_words(error)) from None
    except TimeoutError:
        raise _failed(f"dial tcp {where}: i/o timeout") from None
    except (OSError, HostUnreachable) as error:
        raise _failed(reason(error, where)) from None


def _tls_words(error: ssl.SSLError) -> str:
    if error.reason == "WRONG_VERSION_NUMBER":
        return "http: server gave HTTP response to HTTPS client"
    return f"tls: {error.reason or error}"


async def _speak(
    sock: socket.socket, target: Target
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    try:
        sock.setblocking(False)
        if target.secure:
            async with asyncio.timeout(CONNECT):
                return await asyncio.open_connection(
                    sock=sock, ssl=_unverified(), server_hostname=target.address, limit=PIECE
                )
        return await asyncio.open_connection(sock=sock, limit=PIECE)
    except BaseException:
        sock.close()
        raise


@cache
def _unverified() -> ssl.SSLContext:
    """Pods make their own certificates: the API server's proxy does not look at them."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


async def _exchange(
    call: Call,
    target: Target,
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    upgrade: str,
) -> None:
    """Until the answer is complete, or the client is gone."""
    answering = asyncio.create_task(_answer(call, target, reader, writer, upgrade))
    sending = asyncio.create_task(_send_body(call, writer, upgrade))
    try:
        await asyncio.wait({answering, sending}, return_when=asyncio.FIRST_COMPLETED)
        if not answering.done() and not sending.result():
            await asyncio.wait({answering})
        if answering.done():
            answering.result()
    finally:
        await ended([answering, sending])  # type: ignore[list-item]


async def _send_body(call: Call, writer: asyncio.StreamWriter, upgrade: str) -> bool:
    """Whether the client is gone. False at once where there is nothing that it could say
    before the answer, or where the target takes no more."""
    if upgrade:
        return False
    chunked = "transfer-encoding" in call.headers
    more = True
    while (message := await call.receive())["type"] != "http.disconnect":
        data = message.get("body", b"")
        if not more or (not data and message.get("more_body")):
            continue
        more = message.get("more_body", False)
        try:
            if data:
                writer.write(b"%x\r\n%b\r\n" % (len(data), data) if chunked else data)
            if chunked and not more:
                writer.write(b"0\r\n\r\n")
            await writer.drain()
        except OSError:
            return False
    return True


async def _answer(
    call: Call,
    target: Target,
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    upgrade: str,
) -> None:
    """Raises BadAnswer where nothing was passed on yet."""
    head = await read_head(reader)
    if status_of(head) == 101:
        if not upgrade:
            raise BadAnswer("the target switches protocols without being asked")
        await _pipe(call, head, reader, writer)
        return
    answer = Answer(head, reader, bodiless=call.method == "HEAD")
    headers = answer_headers(call, answer.headers, target.netloc)
    start = {"type": "http.response.start", "status": answer.status, "headers": headers}
    await call.send(start)
    with contextlib.suppress(BadAnswer):
        while data := await answer.read():
            await call.send({"type": "http.response.body", "body": data, "more_body": True})
        await call.send({"type": "http.response.body", "body": b""})


async def _pipe(
    call: Call, head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    """Both speak something else from here on."""
    try:
        raw: Raw = call.connection.take_over()
    except (ConnectionError, RuntimeError):
        return
    raw.write(head)
    sending = asyncio.create_task(_upwards(raw, writer))
    try:
        with contextlib.suppress(OSError):
            while data := await reader.read(PIECE):
                raw.write(data)
                await raw.drain()
    finally:
        await ended([sending])
        raw.close()


async def _upwards(raw: Raw, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await raw.read():
            writer.write(data)
            await writer.drain()
        await end_input(writer)
