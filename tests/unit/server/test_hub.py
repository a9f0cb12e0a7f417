"""One reader of the log hands every change to all watches that it concerns."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from kctl.server import hub as hub_module
from kctl.server.hub import Hub
from kctl.store.store import Store
from kctl.store.types import Key, Write

Story = Callable[[Hub, Store], Awaitable[None]]


def put(store: Store, name: str, resource: str = "pods", namespace: str = "default") -> int:
    key = Key(resource, namespace, name)
    record = store.get(key)
    expected = record.revision if record is not None else 0
    return store.write([Write(key, expected, b"{}", f"uid-{name}")])[0]


def play(tmp_path: Path, story: Story) -> None:
    async def run() -> None:
        with Store.open(tmp_path / "kctl.db") as store:
            hub = Hub(store)
            hub.start(asyncio.get_running_loop())
            try:
                async with asyncio.timeout(20):
                    await story(hub, store)
            finally:
                hub.stop()
                await asyncio.to_thread(hub.join)

    asyncio.run(run())


async def told(place: hub_module.Subscription, count: int) -> list[str]:
    found: list[str] = []
    while len(found) < count:
        found += [each.change.key.name for each in await place.next(5)]
    return found


def test_a_watch_hears_of_its_resource_and_its_namespace_alone(tmp_path: Path) -> None:
    async def story(hub: Hub, store: Store) -> None:
        everywhere, here = hub.subscribe("pods", ""), hub.subscribe("pods", "default")
        put(store, "a")
        put(store, "other", namespace="other")
        put(store, "config", resource="configmaps")
        put(store, "b")
        assert await told(everywhere, 3) == ["a", "other", "b"]
        assert await told(here, 2) == ["a", "b"]

    play(tmp_path, story)


def test_a_watch_that_falls_behind_is_ended_and_the_others_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub_module, "BACKLOG", 10)

    async def story(hub: Hub, store: Store) -> None:
        slow, quick = hub.subscribe("pods", ""), hub.subscribe("pods", "")
        for number in range(30):
            put(store, f"p{number}")
            await told(quick, 1)
        assert (slow.ended, quick.ended) == ("slow", "")
        assert await slow.next(0.1) == []

    play(tmp_path, story)


def test_what_is_made_of_a_change_is_made_once_for_all(tmp_path: Path) -> None:
    async def story(hub: Hub, store: Store) -> None:
        places = [hub.subscribe("pods", "") for _ in range(5)]
        put(store, "a")
        made: list[str] = []
        for place in places:
            (shared,) = await place.next(5)
            shared.once("line", lambda change: made.append(change.key.name) or b"line")
        assert made == ["a"]

    play(tmp_path, story)


def test_a_quiet_watch_knows_how_far_the_log_is(tmp_path: Path) -> None:
    async def story(hub: Hub, store: Store) -> None:
        place, other = hub.subscribe("pods", ""), hub.subscribe("configmaps", "")
        revision = put(store, "config", resource="configmaps")
        await told(other, 1)
        assert await place.next(0.05) == []
        assert place.revision == revision

    play(tmp_path, story)


def test_the_end_of_the_hub_ends_every_watch(tmp_path: Path) -> None:
    async def story(hub: Hub, store: Store) -> None:
        place = hub.subscribe("pods", "")
        hub.stop()
        assert await place.next(5) == [] and place.ended == "stopping"
        assert hub.subscribe("pods", "").ended == "stopping"
        place.close()
        assert hub.watches == 1

    play(tmp_path, story)
