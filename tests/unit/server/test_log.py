"""The log over HTTP: what is asked for, what is refused, and a client that leaves."""

from __future__ import annotations

import asyncio
import json

import pytest

from tests.unit.server.streaming import POD, ask, wait_closed, world


def request(query: str) -> bytes:
    return f"GET {POD}/log?{query} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode()


def test_the_log_is_text_and_no_more_of_it_than_was_asked_for() -> None:
    async def run() -> None:
        async with world() as (made, port):
            made.host.log = b"one\ntwo\n"
            said = await ask(port, request(""))
            assert b"content-type: text/plain" in said
            assert b"one\ntwo\n" in said
            assert b"5\r\none\nt\r\n0\r\n" in await ask(port, request("limitBytes=5"))

    asyncio.run(run())


def test_what_is_followed_ends_when_the_client_leaves() -> None:
    async def run() -> None:
        async with world() as (made, port):
            made.host.log = b"begin\n"
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(request("follow=true"))
            await reader.readuntil(b"begin\n")
            made.host.log_end.sendall(b"more\n")
            await reader.readuntil(b"more\n")
            closed = wait_closed(made.host.log_end)
            writer.close()
            assert await asyncio.to_thread(closed.wait, 10)

    asyncio.run(run())


def test_who_follows_a_silent_container_has_an_answer_at_once() -> None:
    async def run() -> None:
        async with world() as (made, port):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(request("follow=1"))
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200 ")
            made.host.log_end.close()
            assert await reader.read() == b"0\r\n\r\n"
            writer.close()

    asyncio.run(run())


@pytest.mark.parametrize(
    ("query", "code", "words"),
    [
        ("tailLines=-1", 422, "tailLines: Invalid value: -1: must be greater than or equal to 0"),
        ("limitBytes=0", 422, "limitBytes: Invalid value: 0: must be greater than 0"),
        ("sinceSeconds=0", 422, "sinceSeconds: Invalid value: 0: must be greater than 0"),
        ("sinceSeconds=1&sinceTime=2026-01-01T00:00:00Z", 422, ": Forbidden: at most one of"),
        ("sinceTime=yesterday", 400, 'cannot parse "yesterday" as "2006"'),
        ("sinceSeconds=x", 400, 'strconv.ParseInt: parsing "x": invalid syntax'),
        ("stream=Both", 422, 'supported values: "All", "Stderr", "Stdout"'),
        ("stream=Stdout&tailLines=1", 422, "are mutually exclusive for now"),
        ("container=z", 400, "container z is not valid for pod one"),
        ("previous=true", 400, 'previous terminated container "c" in pod "one" not found'),
    ],
)
def test_what_cannot_be_asked_is_refused(query: str, code: int, words: str) -> None:
    async def run() -> None:
        async with world() as (_, port):
            said = await ask(port, request(query))
            assert said.startswith(f"HTTP/1.1 {code} ".encode())
            assert words in json.loads(said.partition(b"\r\n\r\n")[2])["message"]

    asyncio.run(run())


def test_a_container_that_waits_says_why() -> None:
    async def run() -> None:
        async with world() as (made, port):
            status = made.objects["pods", "one"]["status"]
            status["containerStatuses"] = [
                {"name": "c", "state": {"waiting": {"reason": "ImagePullBackOff"}}}
            ]
            said = await ask(port, request(""))
            assert json.loads(said.partition(b"\r\n\r\n")[2])["message"] == (
                'container "c" in pod "one" is waiting to start: ImagePullBackOff'
            )

    asyncio.run(run())


def test_a_pod_that_is_nowhere_yet_has_said_nothing() -> None:
    async def run() -> None:
        async with world() as (made, port):
            del made.objects["pods", "one"]["spec"]["nodeName"]
            said = await ask(port, request(""))
            assert said.startswith(b"HTTP/1.1 200 ")
            assert said.endswith(b"\r\n\r\n")

    asyncio.run(run())
