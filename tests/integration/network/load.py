"""Load for tests: python load.py ADDRESS PORT CLIENTS once|keep, until standard input
ends; then one line of JSON: {"sent": n, "errors": {text: count}, "answers": {name: count}}.

"once" opens a connection for every request; "keep" sends one request after the other on
a connection, and opens the next when the server says that it closes this one."""

from __future__ import annotations

import asyncio
import json
import sys
from collections import Counter

ADDRESS, PORT, CLIENTS, MODE = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
REQUEST = b"GET / HTTP/1.1\r\nHost: test\r\n\r\n"
errors: Counter[str] = Counter()
answers: Counter[str] = Counter()


async def exchange(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
    """One request; False when the server announces that it closes the connection."""
    writer.write(REQUEST)
    head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 10)
    lines = head.decode().lower().split("\r\n")
    if not lines[0].endswith("200 ok"):
        raise ConnectionError(lines[0])
    length = next(int(line.split(":")[1]) for line in lines if line.startswith("content-length"))
    answers[(await reader.readexactly(length)).decode()] += 1
    return "connection: close" not in lines


async def client(done: asyncio.Event) -> None:
    while not done.is_set():
        writer = None
        try:
            reader, writer = await asyncio.open_connection(ADDRESS, PORT)
            while await exchange(reader, writer) and MODE == "keep" and not done.is_set():
                pass
        except (OSError, EOFError, TimeoutError) as error:
            errors[f"{type(error).__name__}: {error}"] += 1
        finally:
            if writer is not None:
                writer.close()


async def main() -> None:
    done = asyncio.Event()
    asyncio.get_running_loop().add_reader(sys.stdin, done.set)
    await asyncio.gather(*(client(done) for _ in range(CLIENTS)))
    sent = sum(answers.values()) + sum(errors.values())
    print(json.dumps({"sent": sent, "errors": errors, "answers": answers}))


asyncio.run(main())
