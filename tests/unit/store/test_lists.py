"""Lists: order, pages, and the past."""

from __future__ import annotations

import pytest

from kctl.store.store import Store
from kctl.store.types import Compacted, FutureRevision, Key, Page

from .writing import POD, drop, pod, put


def names(page: Page) -> list[str]:
    return [f"{record.key.namespace}/{record.key.name}" for record in page.records]


def test_lists_are_in_the_order_of_bytes(store: Store) -> None:
    for namespace, name in [("b", "a"), ("a", "z"), ("a", "B"), ("a", "a"), ("a", "é"), ("", "x")]:
        put(store, Key("things", namespace, name))
    assert names(store.list("things")) == ["/x", "a/B", "a/a", "a/z", "a/é", "b/a"]
    assert names(store.list("things", "a")) == ["a/B", "a/a", "a/z", "a/é"]
    assert names(store.list("things", "")) == ["/x"]
    assert names(store.list("other")) == []


@pytest.mark.parametrize("namespace", [None, "default"])
@pytest.mark.parametrize("past", [False, True])
def test_pages_continue_where_the_last_one_ended(
    store: Store, namespace: str | None, past: bool
) -> None:
    for number in range(7):
        put(store, pod(f"p{number}"))
    revision = store.revision()
    if past:
        drop(store, pod("p5"))
        put(store, pod("p3"), b"changed")
        put(store, pod("p9"))
    seen, after, remaining = [], None, []
    while True:
        page = store.list("pods", namespace, limit=3, after=after, revision=revision)
        assert page.revision == revision
        seen += names(page)
        remaining.append(page.remaining)
        if not page.remaining:
            break
        after = page.records[-1].key
    assert seen == [f"default/p{number}" for number in range(7)]
    assert remaining == [4, 1, 0]


def test_the_past_is_as_it_was(store: Store) -> None:
    first = put(store, POD, b"1")
    second = put(store, POD, b"2")
    third = drop(store, POD)
    fourth = put(store, POD, b"4")
    values = [
        [record.value for record in store.list("pods", revision=revision).records]
        for revision in (first, second, third, fourth)
    ]
    assert values == [[b"1"], [b"2"], [], [b"4"]]


def test_the_forgotten_past_is_gone(store: Store) -> None:
    put(store, POD, b"1")
    put(store, POD, b"2")
    last = put(store, POD, b"3")
    store.compact(1, 1e9, 0.0)
    with pytest.raises(Compacted) as caught:
        store.list("pods", revision=1)
    assert (caught.value.requested, caught.value.oldest) == (1, last - 1)
    assert [r.value for r in store.list("pods", revision=last - 1).records] == [b"2"]


def test_the_future_is_refused(store: Store) -> None:
    put(store, POD)
    with pytest.raises(FutureRevision, match="Too large resource version: 9, current: 1"):
        store.list("pods", revision=9)
