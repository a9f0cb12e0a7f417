"""The proxies of pods and services, towards servers of this machine."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection, serve

from tests.unit.server.streaming import World, ask, pod, world

NAMESPACE = "/api/v1/namespaces/default"


@contextlib.asynccontextmanager
async def saying(answer: bytes) -> AsyncIterator[tuple[int, list[bytes]]]:
    """A port that answers every request with the same bytes, and the requests."""
    heard: list[bytes] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        if b"chunked" in head.lower():
            head += await reader.readuntil(b"0\r\n\r\n")
        elif b"content-length: " in head.lower():
            size = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
            head += await reader.readexactly(size)
        heard.append(head)
        writer.write(answer)
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1], heard


OK = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Type: text/x\r\n\r\nhello"


def get(path: str, *lines: str, method: str = "GET", body: str = "") -> bytes:
    head = [f"{method} {NAMESPACE}/{path} HTTP/1.1", "Host: api.test:6443", "Connection: close"]
    return ("\r\n".join([*head, *lines]) + "\r\n\r\n" + body).encode()


def message(said: bytes) -> str:
    return str(json.loads(said.partition(b"\r\n\r\n")[2])["message"])


def test_a_request_is_passed_on_without_what_was_for_the_server_alone() -> None:
    async def run() -> None:
        async with world() as (_, port), saying(OK) as (target, heard):
            said = await ask(
                port,
                get(
                    f"pods/one:{target}/proxy/a%20b/c?q=%2F&r",
                    "Authorization: Bearer secret",
                    "Impersonate-User: root",
                    "X-Forwarded-For: 192.0.2.9",
                    "X-Forwarded-Uri: /forged",
                    "Connection: close, x-hop",
                    "X-Hop: gone",
                    "Te: trailers",
                    "X-Kept: yes",
                ),
            )
            assert said.startswith(b"HTTP/1.1 200 OK\r\n")
            assert b"content-type: text/x\r\n" in said
            assert said.endswith(b"\r\n\r\nhello")
            request, *lines = heard[0].decode().split("\r\n")
            assert request == "GET /a%20b/c?q=%2F&r HTTP/1.1"
            assert sorted(each for each in lines if each) == [
                "connection: close",
                "host: api.test:6443",
                "x-forwarded-for: 192.0.2.9, 127.0.0.1",
                f"x-forwarded-uri: {NAMESPACE}/pods/one:{target}/proxy/a%20b/c",
                "x-kept: yes",
            ]

    asyncio.run(run())


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_bodies_are_passed_on_with_every_method(method: str) -> None:
    async def run() -> None:
        async with world() as (_, port), saying(OK) as (target, heard):
            path = f"pods/one:{target}/proxy/x"
            said = await ask(port, get(path, "Content-Length: 4", method=method, body="body"))
            assert said.startswith(b"HTTP/1.1 200 ")
            await ask(
                port,
                get(
                    path,
                    "Transfer-Encoding: chunked",
                    method=method,
                    body="2\r\nbo\r\n2\r\ndy\r\n0\r\n\r\n",
                ),
            )
            assert heard[0].startswith(f"{method} /x HTTP/1.1".encode())
            assert heard[0].endswith(b"\r\n\r\nbody")
            pieces = heard[1].partition(b"\r\n\r\n")[2].split(b"\r\n")
            assert b"".join(pieces[1:-3:2]) == b"body"

    asyncio.run(run())


@pytest.mark.parametrize(
    ("location", "expected"),
    [
        ("/login?next=%2F", "{prefix}/login?next=%2F"),
        ("/folder/", "{prefix}/folder/"),
        ("http://10.1.2.3:{target}/here", "{prefix}/here"),
        ("http://api.test:6443/here", "http://api.test:6443{prefix}/here"),
        ("http://elsewhere.test/here", "http://elsewhere.test/here"),
        ("relative/here", "relative/here"),
        ("{prefix}/already", "{prefix}/already"),
        ("/../../../secrets", "{prefix}/../../../secrets"),
    ],
)
def test_redirects_within_the_target_lead_through_the_proxy(location: str, expected: str) -> None:
    async def run() -> None:
        # the target is known only once it listens, and says where to go
        async with world() as (_, port):
            holder: dict[str, bytes] = {}

            async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                await reader.readuntil(b"\r\n\r\n")
                writer.write(holder["answer"])
                writer.close()

            server = await asyncio.start_server(talk, "127.0.0.1", 0)
            async with server:
                target = server.sockets[0].getsockname()[1]
                names = {
                    "prefix": f"{NAMESPACE}/pods/one:{target}/proxy",
                    "target": target,
                }
                where = location.format(**names)
                holder["answer"] = (
                    f"HTTP/1.1 302 Found\r\nLocation: {where}\r\nContent-Length: 0\r\n\r\n"
                ).encode()
                said = await ask(port, get(f"pods/one:{target}/proxy/from"))
                found = next(
                    line for line in said.decode().split("\r\n") if line.startswith("location: ")
                )
                wanted = expected.format(**names)
                if ".." in wanted:  # it is cleaned, and stays a path of the server's own
                    assert ".." not in found
                else:
                    assert found == f"location: {wanted}"

    asyncio.run(run())


def test_the_root_of_the_target_ends_with_a_slash() -> None:
    async def run() -> None:
        async with world() as (_, port), saying(OK) as (target, heard):
            path = f"pods/one:{target}/proxy"
            said = await ask(port, get(f"{path}?a=b"))
            assert said.startswith(b"HTTP/1.1 301 ")
            assert f"location: {NAMESPACE}/{path}/?a=b\r\n".encode() in said
            await ask(port, get(path, "Content-Length: 0", method="POST"))
            assert [each.split(b"\r\n")[0] for each in heard] == [b"POST / HTTP/1.1"]

    asyncio.run(run())


@pytest.mark.parametrize(
    ("answer", "status", "ending"),
    [
        (b"HTTP/1.1 204 No Content\r\n\r\n", b"204", b"\r\n\r\n"),
        (b"HTTP/1.0 200 OK\r\n\r\nuntil the end", b"200", b"d\r\nuntil the end\r\n0\r\n\r\n"),
        (
            b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
            b"5\r\nhello\r\n0\r\n\r\n",
            b"200",
            b"5\r\nhello\r\n0\r\n\r\n",
        ),
        (b"HTTP/1.1 299 Odd\r\nContent-Length: 1\r\n\r\nx", b"299", b"x"),
    ],
)
def test_answers_of_every_form(answer: bytes, status: bytes, ending: bytes) -> None:
    async def run() -> None:
        async with world() as (_, port), saying(answer) as (target, _heard):
            said = await ask(port, get(f"pods/one:{target}/proxy/"))
            assert said.split(b" ")[1] == status
            assert said.endswith(ending)

    asyncio.run(run())


def test_an_answer_that_stops_in_the_middle_is_not_completed() -> None:
    async def run() -> None:
        cut = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel"
        async with world() as (_, port), saying(cut) as (target, _):
            said = await ask(port, get(f"pods/one:{target}/proxy/"))
            assert b"hel" in said
            assert not said.endswith(b"0\r\n\r\n")

    asyncio.run(run())


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"", "EOF"),
        (b"HTTP/1.1 200 OK\r\n", "unexpected EOF"),
        (b"SSH-2.0-OpenSSH\r\n\r\n", "malformed HTTP response"),
        (b"HTTP/1.1 101 Switching Protocols\r\n\r\n", "switches protocols"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"a" * 200_000 + b"\r\n\r\n", "too long"),
    ],
)
def test_what_is_no_answer_is_unavailable(answer: bytes, words: str) -> None:
    async def run() -> None:
        async with world() as (_, port), saying(answer) as (target, _):
            said = await ask(port, get(f"pods/one:{target}/proxy/"))
            assert said.startswith(b"HTTP/1.1 503 ")
            assert message(said).startswith("error trying to reach service: ")
            assert words in message(said)

    asyncio.run(run())


def test_a_websocket_is_passed_through() -> None:
    async def echo(client: ServerConnection) -> None:
        async for each in client:
            await client.send(each)

    async def run() -> None:
        async with world() as (_, port), serve(echo, "127.0.0.1", 0) as server:
            target = next(iter(server.sockets)).getsockname()[1]
            path = f"{NAMESPACE}/pods/one:{target}/proxy/ws"
            async with connect(f"ws://127.0.0.1:{port}{path}") as client:
                for text in ("one", "x" * 200_000):
                    await client.send(text)
                    assert await client.recv() == text

    asyncio.run(run())


def test_an_upgrade_that_the_target_refuses_is_an_answer() -> None:
    async def run() -> None:
        refusal = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno"
        async with world() as (_, port), saying(refusal) as (target, heard):
            said = await ask(
                port,
                get(f"pods/one:{target}/proxy/ws").replace(
                    b"Connection: close", b"Connection: Upgrade\r\nUpgrade: websocket"
                ),
            )
            assert said.startswith(b"HTTP/1.1 403 ")
            assert said.endswith(b"no")
            assert b"upgrade: websocket" in heard[0]

    asyncio.run(run())


# --- whom it is for ---


def service(made: World, target: int, **address: Any) -> None:
    made.objects["services", "web"] = {
        "metadata": {"name": "web"},
        "spec": {"ports": [{"name": "http", "port": 80}]},
    }
    reference = {"kind": "Pod", "name": "one", "namespace": "default"}
    listed = {"ip": "10.1.2.3", "targetRef": reference, **address}
    made.objects["endpoints", "web"] = {
        "subsets": [{"addresses": [listed], "ports": [{"name": "http", "port": target}]}]
    }


@pytest.mark.parametrize("name", ["web:http", "web:80", "http:web:http"])
def test_a_service_is_reached_by_the_name_or_the_number_of_its_port(name: str) -> None:
    async def run() -> None:
        async with world() as (made, port), saying(OK) as (target, _):
            service(made, target)
            said = await ask(port, get(f"services/{name}/proxy/"))
            assert said.endswith(b"hello")

    asyncio.run(run())


@pytest.mark.parametrize(
    "address",
    [
        {"targetRef": None},
        {"ip": "127.0.0.1"},
        {"targetRef": {"kind": "Pod", "name": "one", "namespace": "other"}},
        {"targetRef": {"kind": "Pod", "name": "two", "namespace": "default"}},
    ],
)
def test_endpoints_that_are_no_pods_of_the_namespace_are_not_reached(
    address: dict[str, Any],
) -> None:
    async def run() -> None:
        async with world() as (made, port), saying(OK) as (target, heard):
            service(made, target, **address)
            said = await ask(port, get("services/web:http/proxy/"))
            assert message(said) == 'no endpoints available for service "web:http"'
            assert not heard

    asyncio.run(run())


@pytest.mark.parametrize(
    ("path", "code", "words"),
    [
        ("pods/none/proxy/", 404, 'pods "none" not found'),
        ("pods/one:x/proxy/", 503, "error trying to reach service: dial tcp: lookup tcp/x"),
        ("pods/a:b:c:d/proxy/", 400, 'invalid pod request "a:b:c:d"'),
        ("pods/ftp:one:1/proxy/", 400, 'invalid pod request "ftp:one:1"'),
        ("pods/:80/proxy/", 400, 'invalid pod request ":80"'),
        ("services/none/proxy/", 404, 'endpoints "none" not found'),
        ("services/none:80/proxy/", 404, 'services "none" not found'),
        ("services/web:81/proxy/", 503, 'no service port 81 found for service "web"'),
        ("services/web/proxy/", 503, 'no endpoints available for service "web"'),
        ("services/ftp:web:1/proxy/", 400, 'invalid service request "ftp:web:1"'),
    ],
)
def test_what_is_not_there_is_told(path: str, code: int, words: str) -> None:
    async def run() -> None:
        async with world() as (made, port):
            service(made, 1)
            said = await ask(port, get(path))
            assert said.startswith(f"HTTP/1.1 {code} ".encode())
            assert message(said).startswith(words)

    asyncio.run(run())


def test_a_port_where_nothing_listens_is_unavailable_in_gos_words() -> None:
    async def run() -> None:
        async with world() as (_, port):
            async with saying(OK) as (target, _):
                pass
            said = await ask(port, get(f"pods/one:{target}/proxy/"))
            assert message(said) == (
                f"error trying to reach service: dial tcp 10.1.2.3:{target}: "
                "connect: connection refused"
            )

    asyncio.run(run())


@pytest.mark.parametrize("address", ["", "127.0.0.1", "169.254.169.254", "0.0.0.0", "224.0.0.1"])
def test_addresses_that_are_no_pods_own_are_not_reached(address: str) -> None:
    async def run() -> None:
        async with world() as (made, port), saying(OK) as (target, heard):
            made.objects["pods", "one"] = pod()
            made.objects["pods", "one"]["status"]["podIP"] = address
            said = await ask(port, get(f"pods/one:{target}/proxy/"))
            assert message(said) == "address not allowed"
            assert not heard

    asyncio.run(run())
