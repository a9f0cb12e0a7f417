"""The connection behind a request: taken over, or answered as usual."""

from __future__ import annotations

import asyncio
import datetime
import ssl
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from kctl.server import protocol
from tests.unit.server.serving import client_context, serving

UPGRADE = (
    b"POST /api/v1/namespaces/default/pods/a/exec HTTP/1.1\r\nHost: x\r\n"
    b"Connection: Upgrade\r\nUpgrade: SPDY/3.1\r\nContent-Length: 0\r\n\r\n"
)
SWITCHED = b"HTTP/1.1 101 Switching Protocols\r\n\r\n"


async def echo(scope: Any, receive: Any, send: Any) -> None:
    """Take over and say everything back; answer 404 on /no."""
    if scope["path"] == "/no":
        await answer(send, 404)
        return
    raw = scope["extensions"]["kctl"].take_over()
    raw.write(SWITCHED)
    while data := await raw.read():
        raw.write(data)
        await raw.drain()
    raw.close()


async def answer(send: Any, status: int, body: bytes = b"") -> None:
    length = str(len(body)).encode()
    head = {"type": "http.response.start", "status": status}
    await send({**head, "headers": [(b"content-length", length)]})
    await send({"type": "http.response.body", "body": body})


def test_bytes_behind_an_upgrade_reach_who_takes_over() -> None:
    async def run() -> None:
        async with serving(echo) as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(UPGRADE + b"early")
            await reader.readexactly(len(SWITCHED))
            writer.write(b" and late")
            assert await reader.readexactly(14) == b"early and late"
            writer.close()

    asyncio.run(run())


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_a_slow_client_stops_the_writer(loop: str) -> None:
    """What is held of 64 MiB for a client that does not read is bounded."""
    written = 0

    async def flood(scope: Any, receive: Any, send: Any) -> None:
        nonlocal written
        raw = scope["extensions"]["kctl"].take_over()
        raw.write(SWITCHED)
        for _ in range(1024):
            raw.write(b"x" * 65536)
            written += 65536
            await raw.drain()
        raw.close()

    async def run() -> None:
        async with serving(flood) as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1024)
            writer.write(UPGRADE)
            await reader.readexactly(len(SWITCHED))
            before = -1
            while written != before:
                before = written
                await asyncio.sleep(0.1)
            assert written < 32 * 1024 * 1024
            left = 0
            while chunk := await reader.read(1 << 20):
                left += len(chunk)
            assert left == 64 * 1024 * 1024
            writer.close()

    with asyncio.Runner(loop_factory=_factory(loop)) as runner:
        runner.run(run())


def _factory(name: str) -> Any:
    import uvloop

    return uvloop.new_event_loop if name == "uvloop" else asyncio.new_event_loop


def test_a_client_that_floods_is_not_read_until_somebody_reads() -> None:
    go = asyncio.Event()

    async def later(scope: Any, receive: Any, send: Any) -> None:
        raw = scope["extensions"]["kctl"].take_over()
        await go.wait()
        assert len(raw._chunks) > 0
        assert raw._size < 2 * 1024 * 1024
        total = 0
        while total < 32 * 1024 * 1024:
            total += len(await raw.read())
        raw.write(SWITCHED)
        raw.close()

    async def run() -> None:
        async with serving(later) as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(UPGRADE + b"x" * 32 * 1024 * 1024)
            await asyncio.sleep(0.3)
            go.set()
            assert await reader.read() == SWITCHED
            writer.close()

    asyncio.run(run())


def test_a_handler_that_refuses_answers_and_the_connection_ends() -> None:
    async def run() -> None:
        async with serving(echo) as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(UPGRADE.replace(b"/api/v1/namespaces/default/pods/a/exec", b"/no"))
            writer.write(b"GET /no HTTP/1.1\r\nHost: x\r\n\r\n")
            said = await reader.read()
            assert said.startswith(b"HTTP/1.1 404 Not Found\r\n")
            assert b"connection: close" in said
            assert said.count(b"HTTP/1.1") == 1  # what came behind was not taken as a request
            writer.close()

    asyncio.run(run())


def test_another_upgrade_is_not_heard() -> None:
    """Java's client offers h2c with every first request, and goes on in HTTP/1.1."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        with pytest.raises(RuntimeError):
            scope["extensions"]["kctl"].take_over()
        await answer(send, 200, scope["path"].encode())

    async def run() -> None:
        async with serving(app) as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            head = (
                b" HTTP/1.1\r\nHost: x\r\n"
                b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n\r\n"
            )
            writer.write(b"GET /one" + head + b"GET /two" + head)
            writer.write(b"GET /last HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            said = await reader.read()
            assert [each for each in (b"/one", b"/two", b"/last") if each in said] == [
                b"/one",
                b"/two",
                b"/last",
            ]
            writer.close()

    asyncio.run(run())


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        (b"/api/v1/namespaces/d/pods/a/exec", "websocket"),
        (b"/api/v1/namespaces/d/pods/a/proxy", "http"),
        (b"/api/v1/namespaces/d/services/http:a:80/proxy/x/y?q=1", "http"),
        (b"/api/v1/namespaces/d/pods/a/pr%6Fxy/x", "http"),
        (b"/api/v1/namespaces/d/pods/proxy/exec", "websocket"),
    ],
)
def test_a_websocket_through_a_proxy_is_left_to_whom_it_is_for(path: bytes, kind: str) -> None:
    seen: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope["type"])
        assert scope["extensions"]["kctl"].peer_certificate is None
        if scope["type"] == "http":
            assert scope["extensions"]["kctl"].upgrade == "websocket"
            raw = scope["extensions"]["kctl"].take_over()
            raw.write(b"HTTP/1.1 101 Switching Protocols\r\n\r\n")
            raw.close()
            return
        await receive()
        await send({"type": "websocket.close"})

    async def run() -> None:
        async with serving(app) as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(
                b"GET " + path + b" HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\n"
                b"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
            )
            await reader.read()
            writer.close()

    asyncio.run(run())
    assert seen == [kind]


def test_a_head_without_end_is_refused() -> None:
    async def run() -> None:
        async with serving(echo) as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            begun = b"GET / HTTP/1.1\r\nX: "
            writer.write(begun + b"a" * (protocol.HEAD_LIMIT + 1 - len(begun)))
            said = await reader.read()
            assert said.startswith(b"HTTP/1.1 431 ")
            writer.close()

    asyncio.run(run())


def test_a_head_that_does_not_come_ends_the_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "HEAD_SECONDS", 0.05)

    async def run() -> None:
        async with serving(echo) as port:
            for begun in (b"", b"GET / HTTP/1.1\r\nHost:"):
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.write(begun)
                assert await reader.read() == b""
                writer.close()

    asyncio.run(run())


def test_shutting_down_ends_what_was_taken_over() -> None:
    async def run() -> None:
        async with serving(echo) as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(UPGRADE)
            await reader.readexactly(len(SWITCHED))
        assert await reader.read() == b""
        writer.close()

    asyncio.run(run())


def test_over_tls_the_certificate_is_told_and_a_connection_can_be_taken_over(
    tmp_path: Path,
) -> None:
    server, client = certificate(tmp_path, "server"), certificate(tmp_path, "client")
    seen: list[bytes | None] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope["extensions"]["kctl"].peer_certificate)
        await echo(scope, receive, send)

    async def run() -> None:
        options = {
            "ssl_keyfile": str(server.with_suffix(".key")),
            "ssl_certfile": str(server),
            "ssl_cert_reqs": ssl.CERT_OPTIONAL,
            "ssl_ca_certs": str(client),
        }
        async with serving(app, **options) as port:
            for mine in (True, False):
                context = client_context()
                if mine:
                    context.load_cert_chain(client, client.with_suffix(".key"))
                reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context)
                writer.write(UPGRADE + b"early")
                assert await reader.readexactly(len(SWITCHED) + 5) == SWITCHED + b"early"
                writer.close()

    asyncio.run(run())
    text = client.read_text()
    assert seen == [ssl.PEM_cert_to_DER_cert(text), None]


def certificate(folder: Path, name: str) -> Path:
    """A self-signed certificate in NAME.pem with its key in NAME.key."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / f"{name}.pem"
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private = serialization.PrivateFormat.PKCS8
    secret = serialization.NoEncryption()
    text = key.private_bytes(serialization.Encoding.PEM, private, secret)
    path.with_suffix(".key").write_bytes(text)
    return path
