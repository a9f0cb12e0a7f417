"""Conditional writes: all or nothing, and only over what the writer read."""

from __future__ import annotations

import pytest

from kctl.store.store import Store
from kctl.store.types import ClaimTaken, Conflict, Key, Record, Write

from .writing import POD, drop, pod, put


def test_a_new_store_is_empty(store: Store) -> None:
    assert store.revision() == 0
    assert store.get(POD) is None
    assert store.list("pods").records == []
    assert store.changes(0) == []


def test_what_is_written_can_be_read(store: Store) -> None:
    (revision,) = store.write([Write(POD, 0, b'{"kind":"Pod"}', "u1")])
    assert store.get(POD) == Record(POD, revision, "u1", b'{"kind":"Pod"}')
    assert store.revision() == revision


def test_creating_twice_conflicts(store: Store) -> None:
    revision = put(store, POD)
    with pytest.raises(Conflict) as caught:
        store.write([Write(POD, 0, b"{}", "u2")])
    assert (caught.value.key, caught.value.expected, caught.value.current) == (POD, 0, revision)


def test_a_stale_update_conflicts_and_changes_nothing(store: Store) -> None:
    first = put(store, POD, b"1")
    second = put(store, POD, b"2")
    with pytest.raises(Conflict) as caught:
        store.write([Write(POD, first, b"3", "u")])
    assert caught.value.current == second
    assert store.get(POD).value == b"2"  # type: ignore[union-attr]
    assert store.revision() == second


def test_updating_what_is_gone_conflicts_with_nothing_there(store: Store) -> None:
    first = put(store, POD)
    drop(store, POD)
    with pytest.raises(Conflict) as caught:
        store.write([Write(POD, first, b"{}", "u")])
    assert caught.value.current == 0


def test_deleting_what_never_was_conflicts(store: Store) -> None:
    with pytest.raises(Conflict):
        store.write([Write(POD, 0, None)])
    assert store.revision() == 0


def test_a_batch_with_one_conflict_writes_nothing(store: Store) -> None:
    put(store, pod("b"))
    before = store.revision()
    with pytest.raises(Conflict):
        store.write([Write(pod("a"), 0, b"{}", "ua"), Write(pod("b"), 0, b"{}", "ub")])
    assert store.get(pod("a")) is None
    assert store.revision() == before


def test_a_batch_numbers_its_writes_in_order(store: Store) -> None:
    numbers = store.write([Write(pod(name), 0, b"{}", name) for name in "cab"])
    assert list(numbers) == sorted(numbers)
    assert [store.get(pod(name)).revision for name in "cab"] == list(numbers)  # type: ignore[union-attr]


def test_an_empty_batch_is_nothing(store: Store) -> None:
    assert list(store.write([])) == []
    assert store.revision() == 0


def test_a_name_can_live_again(store: Store) -> None:
    for _ in range(3):
        put(store, POD)
        drop(store, POD)
    put(store, POD, b"again")
    assert store.get(POD).value == b"again"  # type: ignore[union-attr]
    kinds = [change.type for change in store.changes(0)]
    assert kinds == ["ADDED", "DELETED"] * 3 + ["ADDED"]


def test_a_name_can_live_again_after_its_deletion_was_forgotten(store: Store) -> None:
    put(store, POD)
    drop(store, POD)
    put(store, pod("other"))
    store.compact(1, 1e9, 0.0)
    put(store, POD)
    drop(store, POD)
    put(store, POD, b"again")
    assert store.get(POD).value == b"again"  # type: ignore[union-attr]


def test_a_claim_has_one_holder(store: Store) -> None:
    put(store, pod("a"), claims=("ip/10.0.0.1",))
    with pytest.raises(ClaimTaken) as caught:
        put(store, pod("b"), claims=("ip/10.0.0.1",))
    assert caught.value.claim == "ip/10.0.0.1"
    assert caught.value.holder == pod("a")
    assert store.get(pod("b")) is None


def test_a_claim_is_free_once_its_holder_gives_it_up_or_goes(store: Store) -> None:
    put(store, pod("a"), claims=("ip/1", "ip/2"))
    put(store, pod("a"), claims=("ip/2",))
    put(store, pod("b"), claims=("ip/1",))
    drop(store, pod("a"))
    put(store, pod("c"), claims=("ip/2",))
    assert store.claims("ip/") == {"ip/1", "ip/2"}


def test_one_transaction_can_swap_claims(store: Store) -> None:
    a = put(store, pod("a"), claims=("ip/1",))
    b = put(store, pod("b"), claims=("ip/2",))
    store.write(
        [
            Write(pod("a"), a, b"{}", "ua", claims=("ip/2",)),
            Write(pod("b"), b, b"{}", "ub", claims=("ip/1",)),
        ]
    )
    with pytest.raises(ClaimTaken) as caught:
        put(store, pod("c"), claims=("ip/1",))
    assert caught.value.holder == pod("b")


def test_claims_are_found_by_prefix(store: Store) -> None:
    put(store, pod("a"), claims=("ip/1", "nodeport/TCP/30080", "ip", "ip0", "ipx/1"))
    assert store.claims("ip/") == {"ip/1"}
    assert store.claims("nodeport/") == {"nodeport/TCP/30080"}
    assert len(store.claims("")) == 5


def test_references_follow_the_last_write_and_come_in_key_order(store: Store) -> None:
    replica_set = Key("replicasets.apps", "default", "web")
    put(store, pod("b"), refs=("owner/1", "node/n1"))
    put(store, pod("a"), refs=("owner/1",))
    put(store, replica_set, refs=("owner/1",))
    assert [record.key for record in store.referring("owner/1")] == [
        pod("a"),
        pod("b"),
        replica_set,
    ]
    put(store, pod("a"), refs=("owner/2",))
    drop(store, replica_set)
    assert [record.key for record in store.referring("owner/1")] == [pod("b")]
    assert store.referring("node/n1")[0].value == b"{}"


def test_one_write_may_name_a_reference_or_a_claim_twice(store: Store) -> None:
    put(store, pod("a"), refs=("owner/1", "owner/1"), claims=("ip/1", "ip/1"))
    assert len(store.referring("owner/1")) == 1
