"""exec and attach: every protocol, the end of input, the outcome, slow and lost clients."""

from __future__ import annotations

import asyncio
import base64
import json
import socket
import threading
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus
from websockets.typing import Subprotocol

from kctl.runtime.simulated_streams import Plain
from kctl.server.streams.spdy import Data, GoAway, Ping, Reset
from tests.unit.server.streaming import POD, Spdy, ask, pod, wait_closed, world

EXEC = f"{POD}/exec?stdin=1&stdout=1&command="
V5, V4 = "v5.channel.k8s.io", "v4.channel.k8s.io"


def shell(script: str) -> str:
    from urllib.parse import quote

    return f"{EXEC}sh&command=-c&command={quote(script)}"


def socket_to(port: int, path: str, *protocols: str) -> Any:
    offered = [Subprotocol(each) for each in protocols]
    return connect(f"ws://127.0.0.1:{port}{path}", subprotocols=offered, max_size=None)


# --- SPDY ---


def test_spdy_carries_input_output_and_the_exit_code() -> None:
    async def run() -> None:
        async with world() as (_, port):
            client = await Spdy.open(port, shell("cat; exit 7"), "v4.channel.k8s.io")
            assert "x-stream-protocol-version: v4.channel.k8s.io" in client.head
            error, stdin, stdout = (
                client.stream(streamType=each) for each in ("error", "stdin", "stdout")
            )
            client.send(Ping(5), Data(stdin, b"some "), Data(stdin, b"input", fin=True))
            said = await client.until_ended(error, stdout)
            assert said[stdout] == b"some input"
            status = json.loads(said[error])
            assert status["reason"] == "NonZeroExitCode"
            assert status["details"]["causes"] == [{"reason": "ExitCode", "message": "7"}]
            client.writer.close()

    asyncio.run(run())


def test_spdy_before_v4_tells_a_failure_in_words_and_a_success_not_at_all() -> None:
    async def run() -> None:
        async with world() as (_, port):
            for code, begins in ((0, b""), (3, b"command terminated with non-zero exit code:")):
                client = await Spdy.open(port, shell(f"exit {code}"), "v2.channel.k8s.io")
                streams = [client.stream(streamType=each) for each in ("error", "stdin", "stdout")]
                said = await client.until_ended(streams[0], streams[2])
                assert said[streams[0]].startswith(begins)
                assert bool(said[streams[0]]) == bool(code)
                client.writer.close()

    asyncio.run(run())


def test_spdy_streams_that_nobody_asked_for_are_reset() -> None:
    async def run() -> None:
        async with world() as (_, port):
            client = await Spdy.open(port, shell("cat"), "v4.channel.k8s.io")
            odd = client.stream(streamType="stderr")
            resets = [each async for each in _until(client, Reset)]
            assert resets[-1] == Reset(odd, 5)
            client.writer.close()

    asyncio.run(run())


async def _until(client: Spdy, kind: type) -> Any:
    async for frame in client.frames():
        yield frame
        if isinstance(frame, kind):
            return


@pytest.mark.parametrize(
    "hostile",
    [
        b"GET / HTTP/1.1\r\n\r\n" * 100,
        bytes.fromhex("80030001" + "01ffffff") + b"x" * 1000,
        bytes.fromhex("80020001" + "00000000"),
        bytes.fromhex("80030001" + "0000000c" + "00000002" + "00000000" + "00000000"),
    ],
)
def test_what_is_no_spdy_ends_the_connection_and_nothing_else(hostile: bytes) -> None:
    async def run() -> None:
        async with world() as (made, port):
            client = await Spdy.open(port, shell("cat"), "v4.channel.k8s.io")
            client.writer.write(hostile)
            last = [each async for each in client.frames()]
            assert all(isinstance(each, GoAway) for each in last)
            assert not made.host.sessions
            client.writer.close()
            again = await Spdy.open(port, shell("echo hi"), "v4.channel.k8s.io")
            streams = [again.stream(streamType=each) for each in ("error", "stdin", "stdout")]
            assert (await again.until_ended(*streams[::2]))[streams[2]] == b"hi\n"
            again.writer.close()

    asyncio.run(run())


def test_a_protocol_that_nobody_knows_is_forbidden() -> None:
    async def run() -> None:
        async with world() as (_, port):
            said = await ask(
                port,
                f"POST {EXEC}ls HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1"
                "\r\nX-Stream-Protocol-Version: v9\r\n\r\n".encode(),
            )
            assert said.startswith(b"HTTP/1.1 403 ")
            assert b"unable to negotiate protocol: client supports [v9]" in said

    asyncio.run(run())


# --- WebSocket ---


def test_websocket_v5_ends_the_input_by_a_message() -> None:
    async def run() -> None:
        async with world() as (_, port), socket_to(port, shell("wc -c"), V5, V4) as client:
            assert client.subprotocol == V5
            assert await client.recv() == b"\x01"  # the streams are there
            await client.send(b"\x00" + b"x" * 1000)
            await client.send(b"\xff\x00")
            assert (await client.recv()).strip() == b"\x011000"
            assert json.loads((await client.recv())[1:]) == {"metadata": {}, "status": "Success"}
            assert [each async for each in client] == []
            assert client.close_code == 1000

    asyncio.run(run())


def test_websocket_channels_in_base64() -> None:
    async def run() -> None:
        protocol = "v4.base64.channel.k8s.io"
        async with world() as (_, port), socket_to(port, shell("head -n1"), protocol) as client:
            assert await client.recv() == "1"
            await client.send("0" + base64.b64encode(b"line\n").decode())
            assert await client.recv() == "1" + base64.b64encode(b"line\n").decode()
            assert (await client.recv())[0] == "3"

    asyncio.run(run())


def test_sizes_of_the_terminal_reach_the_process() -> None:
    async def run() -> None:
        path = shell("cat").replace("stdout=1", "stdout=1&tty=1")
        async with world() as (made, port), socket_to(port, path, V5) as client:
            await client.recv()
            for text in (
                b'{"Width":0,"Height":1}',
                b'[]{"Width":80,',
                b'"Height":24}',
                b"nonsense",
            ):
                await client.send(b"\x04" + text)
            while not (made.host.sessions and made.host.sessions[0].sizes):
                await asyncio.sleep(0.01)
            await client.send(b"\xff\x00")
            assert [each[0] async for each in client] == [3]
            assert made.host.sessions[0].sizes == [(24, 80)]

    asyncio.run(run())


def test_a_websocket_protocol_that_nobody_knows_is_refused() -> None:
    async def run() -> None:
        async with world() as (_, port):
            with pytest.raises(InvalidStatus) as refusal:
                async with socket_to(port, shell("ls"), "chat"):
                    raise AssertionError("it was accepted")
            assert refusal.value.response.status_code == 400

    asyncio.run(run())


# --- both ends ---


class Flood(Plain):
    """A process that writes for ever; `count` bytes so far."""

    def __init__(self, words: list[str]) -> None:
        near, self.far = socket.socketpair()
        super().__init__(near)
        self.count = 0
        threading.Thread(target=self._write, daemon=True).start()

    def _write(self) -> None:
        try:
            while True:
                self.count += self.far.send(b"x" * 65536)
        except OSError:
            self.far.close()


@pytest.mark.parametrize("protocol", ["spdy", "websocket"])
def test_a_client_that_does_not_read_holds_the_process_up(protocol: str) -> None:
    async def run() -> None:
        async with world() as (made, port):
            made.host.make = Flood
            if protocol == "spdy":
                client = await Spdy.open(port, shell("yes"), "v4.channel.k8s.io")
                for name in ("error", "stdin", "stdout"):
                    client.stream(streamType=name)
                close = client.writer.close
            else:
                socket = socket_to(port, shell("yes"), V5)
                opened = await socket.__aenter__()
                close = opened.transport.abort
            while not made.host.sessions:
                await asyncio.sleep(0.01)
            flood, before = made.host.sessions[0], -1
            while flood.count != before:
                before = flood.count
                await asyncio.sleep(0.1)
            assert 0 < before < 16 * 1024 * 1024
            close()
            while flood.far.fileno() >= 0:  # the process lost its reader
                await asyncio.sleep(0.01)

    asyncio.run(run())


@pytest.mark.parametrize("protocol", ["spdy", "websocket"])
def test_the_process_of_a_lost_client_gets_the_end_of_its_input(protocol: str) -> None:
    async def run() -> None:
        async with world() as (made, port):
            near, far = socket.socketpair()
            made.host.make = lambda words: Plain(near)
            ended = wait_closed(far)
            if protocol == "spdy":
                client = await Spdy.open(port, shell("cat"), "v4.channel.k8s.io")
                for name in ("error", "stdin", "stdout"):
                    client.stream(streamType=name)
                close: Any = client.writer.transport.abort
            else:
                opened = await socket_to(port, shell("cat"), V5).__aenter__()
                close = opened.transport.abort
            while not made.host.sessions:
                await asyncio.sleep(0.01)
            assert not ended.is_set()
            close()
            assert await asyncio.to_thread(ended.wait, 10)

    asyncio.run(run())


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (RuntimeError("no such program"), "error executing command in container: no such program"),
        (FileNotFoundError("no such container: c"), "no such container: c"),
    ],
)
def test_what_the_engine_refuses_is_the_outcome(error: Exception, words: str) -> None:
    async def run() -> None:
        async with world() as (made, port):
            made.host.refusal = error
            async with socket_to(port, shell("ls"), V5) as client:
                said = [each async for each in client]
            status = json.loads(said[-1][1:])
            assert status["code"] == 500
            assert words in status["message"]

    asyncio.run(run())


# --- refusals ---


@pytest.mark.parametrize(
    ("path", "code", "words"),
    [
        ("exec?stdout=1", 400, "you must specify at least one command for the container"),
        ("exec?command=ls", 400, "you must specify at least 1 of stdin, stdout, stderr"),
        ("exec?command=ls&stdout=1&container=z", 400, "container z is not valid for pod one"),
        ("exec?command=ls&stdout=1", 400, "Upgrade request required"),
        ("attach?stdout=1", 400, "Upgrade request required"),
        ("portforward", 400, "Upgrade request required"),
    ],
)
def test_requests_that_cannot_be_are_refused_with_a_status(
    path: str, code: int, words: str
) -> None:
    async def run() -> None:
        async with world() as (_, port):
            for method in ("GET", "POST"):
                text = f"{method} {POD}/{path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
                said = await ask(port, text.encode())
                assert said.startswith(f"HTTP/1.1 {code} ".encode())
                assert json.loads(said.partition(b"\r\n\r\n")[2])["message"] == words

    asyncio.run(run())


def test_one_of_several_containers_has_to_be_named() -> None:
    async def run() -> None:
        async with world() as (made, port):
            several = pod("one", "a", "b")
            several["spec"]["initContainers"] = [{"name": "i"}]
            made.objects["pods", "one"] = several
            said = await ask(
                port,
                f"POST {EXEC}ls HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode(),
            )
            status = json.loads(said.partition(b"\r\n\r\n")[2])
            assert status["message"] == (
                "a container name must be specified for pod one, choose one of: [a b] "
                "or one of the init containers: [i]"
            )

    asyncio.run(run())


def test_a_container_that_does_not_run_is_told_in_the_way_of_each_protocol() -> None:
    async def run() -> None:
        async with world() as (made, port):
            made.objects["pods", "one"]["status"]["containerStatuses"][0]["state"] = {}
            said = await ask(
                port,
                f"POST {EXEC}ls HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\n"
                "Upgrade: SPDY/3.1\r\n\r\n".encode(),
            )
            assert said.startswith(b"HTTP/1.1 500 ")
            assert said.endswith(b'container not found ("c")')
            async with socket_to(port, shell("ls"), V5) as client:
                status = json.loads([each async for each in client][-1][1:])
            assert status["message"] == (
                'Internal error occurred: unable to upgrade connection: container not found ("c")'
            )

    asyncio.run(run())
