"""From whom a node gets an image, and what is said of it."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator, Sequence
from types import SimpleNamespace
from typing import Any

import pytest

from kctl.runtime.docker import handed
from kctl.runtime.docker.images import Images
from kctl.runtime.image_archive import ArchivedImage
from kctl.runtime.image_types import ImageError, Progress, Sent, StoredImage, Supplier, silent
from kctl.runtime.simulated_images import SimulatedImages
from kctl.runtime.types import HostUnreachable

NAME = "web:1"
Event = tuple[str, str, str]


class Store(SimulatedImages):
    """An engine with an image of some age, and things that may go wrong."""

    def __init__(
        self, *names: str, created: float = 0.0, machine: str = "amd64", problem: str = ""
    ) -> None:
        self.unreachable = ""
        self.created, self.machine, self.problem = created, machine, problem
        self.loads = 0
        self.began = threading.Event()
        self.go = threading.Event()
        self.go.set()
        super().__init__(set(names), self._check)

    def _check(self) -> None:
        if self.unreachable:
            raise HostUnreachable(self.unreachable)

    def find(self, name: str) -> StoredImage | None:
        found = super().find(name)
        if found is None:
            return None
        platform = f"linux/{self.machine}"
        return StoredImage(found.id, found.names, 7, self.created, platform=platform)

    @contextlib.contextmanager
    def saved(self, name: str, progress: Progress = silent) -> Iterator[Sequence[ArchivedImage]]:
        if self.problem:
            raise ImageError(self.problem)
        with super().saved(name, progress) as images:
            yield images

    def load(self, image: ArchivedImage, progress: Progress = silent) -> Sent:
        self.loads += 1
        self.began.set()
        self.go.wait(10)
        return super().load(image, progress)


def context(own: Store, *suppliers: Supplier) -> Any:
    return SimpleNamespace(store=own, suppliers=lambda: suppliers, images=Images(None))  # type: ignore[arg-type]


def fetch(own: Store, *suppliers: Supplier, image: str = NAME) -> tuple[bool, list[Event]]:
    events: list[Event] = []
    return handed.fetch(context(own, *suppliers), image, events), events


def test_an_image_comes_from_who_has_it() -> None:
    own = Store()
    worked, events = fetch(own, Supplier("this machine", Store()), Supplier("node b", Store(NAME)))
    assert worked and own.find(NAME)
    pulling, pulled = events
    assert pulling == ("Normal", "Pulling", 'Pulling image "web:1" from node b')
    assert pulled[2].startswith('Successfully pulled image "web:1" from node b in ')
    assert pulled[2].endswith(" Image size: 7 bytes.")


def test_the_newest_wins_and_the_first_of_those() -> None:
    suppliers = [
        Supplier("this machine", Store(NAME, created=1)),
        Supplier("node b", Store(NAME, created=2)),
        Supplier("node c", Store(NAME, created=2)),
    ]
    _, events = fetch(Store(), *suppliers)
    assert events[0][2].endswith("from node b")


def test_an_image_for_another_machine_is_none() -> None:
    worked, events = fetch(Store(), Supplier("this machine", Store(NAME, machine="arm64")))
    assert (worked, events) == (False, [])


@pytest.mark.parametrize("image", [f"web@sha256:{'a' * 64}", "other:1"])
def test_nobody_has_it(image: str) -> None:
    assert fetch(Store(), Supplier("node b", Store(NAME)), image=image) == (False, [])


def test_a_host_that_does_not_answer_has_nothing_to_give() -> None:
    gone = Store(NAME, created=9)
    gone.unreachable = "cut off"
    worked, events = fetch(Store(), Supplier("node a", gone), Supplier("node b", Store(NAME)))
    assert worked and events[0][2].endswith("from node b")


def test_a_transfer_that_fails_is_told_and_leaves_the_registry() -> None:
    worked, events = fetch(Store(), Supplier("node b", Store(NAME, problem="no such layer")))
    assert not worked
    words = 'Failed to pull image "web:1" from node b: no such layer'
    assert events[1] == ("Warning", "Failed", words)


def test_a_node_that_goes_away_meanwhile_is_unreachable() -> None:
    own = Store()

    class Fatal(Store):
        @contextlib.contextmanager
        def saved(self, name: str, progress: Progress = silent) -> Iterator[Any]:
            own.unreachable = "cut off"
            raise HostUnreachable("cut off")
            yield

    with pytest.raises(HostUnreachable):
        fetch(own, Supplier("node b", Fatal(NAME)))


def test_one_transfer_serves_the_pods_that_wait_for_it() -> None:
    own = Store()
    own.go.clear()
    shared = context(own, Supplier("node b", Store(NAME)))
    results: list[tuple[bool, str]] = []

    def pod() -> None:
        events: list[Event] = []
        worked = handed.fetch(shared, NAME, events)
        results.append((worked, events[-1][2]))

    threads = [threading.Thread(target=pod) for _ in range(3)]
    for each in threads:
        each.start()
    assert own.began.wait(10)
    own.go.set()
    for each in threads:
        each.join()
    assert own.loads == 1
    assert [worked for worked, _ in results] == [True] * 3
    assert sum("already present on machine" in words for _, words in results) == 2
