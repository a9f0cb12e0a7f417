"""Fair shares of the server: nobody's flood keeps others waiting.

So many requests are worked on at once ("seats"). Where all are taken, each user waits in a
queue of his own, and the queues are served in turn (Kubernetes' API Priority and Fairness,
with one level and a flow a user). Watches and other streams hold no seat.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from kctl.api.errors import ApiError

SEATS = 16
QUEUE = 256
"""Requests of one user that wait; more are answered 429."""


class Turns:
    """Changes of one object, one after the other: what reads it and writes it back would
    otherwise meet itself. The event loop's alone."""

    def __init__(self) -> None:
        self._locks: dict[object, tuple[asyncio.Lock, int]] = {}

    @asynccontextmanager
    async def turn(self, place: object) -> AsyncIterator[None]:
        """`place` names the object."""
        lock, waiting = self._locks.get(place) or (asyncio.Lock(), 0)
        self._locks[place] = (lock, waiting + 1)
        try:
            async with lock:
                yield
        finally:
            lock, waiting = self._locks[place]
            if waiting == 1:
                del self._locks[place]
            else:
                self._locks[place] = (lock, waiting - 1)


class Seats:
    """The event loop's alone."""

    def __init__(self, seats: int = SEATS, queue: int = QUEUE) -> None:
        self._free, self._longest = seats, queue
        self._queues: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()
        """of the users that wait, the next one to be served first"""

    @asynccontextmanager
    async def seat(self, user: str) -> AsyncIterator[None]:
        """Hold a seat. Raises ApiError 429 where too many of the user's wait already."""
        await self._take(user)
        try:
            yield
        finally:
            self._give_back()

    async def _take(self, user: str) -> None:
        if self._free and not self._queues:
            self._free -= 1
            return
        queue = self._queues.setdefault(user, deque())
        if len(queue) >= self._longest:
            raise ApiError(
                429,
                "TooManyRequests",
                "too many requests, please try again later",
                {"retryAfterSeconds": 1},
            )
        turn = asyncio.get_running_loop().create_future()
        queue.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._give_back()
            else:
                self._forget(user, turn)
            raise

    def _forget(self, user: str, turn: asyncio.Future[None]) -> None:
        queue = self._queues.get(user)
        if queue is not None and turn in queue:
            queue.remove(turn)
            if not queue:
                del self._queues[user]

    def _give_back(self) -> None:
        """To the first of the next user in turn, or to whoever comes."""
        while self._queues:
            user, queue = self._queues.popitem(last=False)
            turn = queue.popleft()
            if queue:
                self._queues[user] = queue
            if not turn.done():
                turn.set_result(None)
                return
        self._free += 1
