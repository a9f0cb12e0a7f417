"""A bounded load: python load.py PER_SECOND ADDRESS:PORT..., until standard input ends; then
one line of JSON.

PER_SECOND requests go to each target in turn, each over a connection of its own, and none
waits for another. {target: {"sent": n, "answers": {text: count}, "failures": [[seconds since
the start, text], ...]}}. A request without an answer after 3 s has failed."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections import Counter, defaultdict

RATE, TARGETS = float(sys.argv[1]), sys.argv[2:]
LIMIT = 3.0
START = time.monotonic()
answers: dict[str, Counter[str]] = defaultdict(Counter)
failures: dict[str, list[tuple[float, str]]] = defaultdict(list)


async def exchange(target: str) -> str:
    address, port = target.rsplit(":", 1)
    reader, writer = await asyncio.open_connection(address, int(port))
    try:
        writer.write(b"GET / HTTP/1.0\r\nHost: test\r\n\r\n")
        head, _, body = (await reader.read()).partition(b"\r\n\r\n")
    finally:
        writer.close()
    status = head.split(b"\r\n")[0].decode(errors="replace")
    if not status.lower().endswith("200 ok"):
        raise ConnectionError(status or "an empty answer")
    return body.decode(errors="replace").strip()


async def request(target: str) -> None:
    begun = time.monotonic() - START
    try:
        answers[target][await asyncio.wait_for(exchange(target), LIMIT)] += 1
    except (OSError, EOFError, TimeoutError) as error:
        failures[target].append((round(begun, 3), f"{type(error).__name__}: {error}"))


async def main() -> None:
    done = asyncio.Event()
    asyncio.get_running_loop().add_reader(sys.stdin, done.set)
    running: set[asyncio.Task[None]] = set()
    due = time.monotonic()
    while not done.is_set():
        for target in TARGETS:
            task = asyncio.create_task(request(target))
            running.add(task)
            task.add_done_callback(running.discard)
        due += 1 / RATE
        await asyncio.sleep(max(0.0, due - time.monotonic()))
    await asyncio.gather(*running)
    told = {}
    for each in TARGETS:
        sent = sum(answers[each].values()) + len(failures[each])
        told[each] = {"sent": sent, "answers": answers[each], "failures": failures[each]}
    print(json.dumps(told))


asyncio.run(main())
