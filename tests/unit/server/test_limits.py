"""Seats are shared fairly among users."""

from __future__ import annotations

import asyncio

import pytest

from kctl.api.errors import ApiError
from kctl.server.limits import Seats


async def hold(seats: Seats, user: str, done: list[str], gate: asyncio.Event) -> None:
    async with seats.seat(user):
        done.append(user)
        await gate.wait()


async def settle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


def test_a_flood_of_one_user_keeps_nobody_else_waiting() -> None:
    async def story() -> list[str]:
        seats, done = Seats(1), []
        gates = [asyncio.Event() for _ in range(8)]
        who = ["flood"] * 6 + ["ann", "bob"]
        tasks = [
            asyncio.create_task(hold(seats, user, done, gate))
            for user, gate in zip(who, gates, strict=True)
        ]
        await settle()
        assert done == ["flood"]
        for gate in gates:
            gate.set()
        await asyncio.gather(*tasks)
        return done

    assert asyncio.run(story())[:4] == ["flood", "flood", "ann", "bob"]


def test_too_long_a_queue_is_refused_with_a_time_to_wait() -> None:
    async def story() -> None:
        seats, gate, done = Seats(1, queue=2), asyncio.Event(), []
        tasks = [asyncio.create_task(hold(seats, "flood", done, gate)) for _ in range(3)]
        await settle()
        with pytest.raises(ApiError) as caught:
            await hold(seats, "flood", done, gate)
        assert (caught.value.code, caught.value.details["retryAfterSeconds"]) == (429, 1)
        other = asyncio.create_task(hold(seats, "ann", done, gate))
        gate.set()
        await asyncio.gather(*tasks, other)
        assert sorted(done) == ["ann", "flood", "flood", "flood"]

    asyncio.run(story())


def test_who_gives_up_waiting_leaves_no_seat_behind() -> None:
    async def story() -> None:
        seats, gate, done = Seats(1), asyncio.Event(), []
        first = asyncio.create_task(hold(seats, "a", done, gate))
        await settle()
        second = asyncio.create_task(hold(seats, "b", done, gate))
        third = asyncio.create_task(hold(seats, "c", done, gate))
        await settle()
        second.cancel()
        await settle()
        gate.set()
        await asyncio.gather(first, third)
        async with asyncio.timeout(1):
            await hold(seats, "d", done, gate)
        assert done == ["a", "c", "d"]

    asyncio.run(story())


def test_one_who_is_given_a_seat_as_he_goes_passes_it_on() -> None:
    async def story() -> None:
        seats, gate, done = Seats(1), asyncio.Event(), []
        first = asyncio.create_task(hold(seats, "a", done, gate))
        await settle()
        second = asyncio.create_task(hold(seats, "b", done, gate))
        await settle()
        gate.set()
        await first
        second.cancel()
        await asyncio.gather(second, return_exceptions=True)
        async with asyncio.timeout(1):
            await hold(seats, "c", done, gate)

    asyncio.run(story())
