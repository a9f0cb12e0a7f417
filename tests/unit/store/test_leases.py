"""Leases: one holder at a time, unless it is dead or late."""

from __future__ import annotations

import os
import subprocess
import sys

from kctl.store.store import Store
from kctl.store.types import Lease


def dead_pid() -> int:
    process = subprocess.Popen([sys.executable, "-c", "pass"])
    process.wait()
    return process.pid


def test_a_lease_has_one_holder_until_it_expires(store: Store) -> None:
    assert store.lease_get("reconcile") is None
    lease = store.lease_acquire("reconcile", "a", 15.0, 100.0, detail="watch")
    assert lease == Lease("reconcile", "a", 115.0, 0, "", "watch")
    assert store.lease_get("reconcile") == lease
    assert store.lease_acquire("reconcile", "b", 15.0, 114.9) is None
    assert store.lease_acquire("reconcile", "b", 15.0, 115.0) is not None


def test_its_holder_may_take_it_again(store: Store) -> None:
    store.lease_acquire("reconcile", "a", 15.0, 100.0)
    again = store.lease_acquire("reconcile", "a", 15.0, 101.0)
    assert again is not None
    assert again.expires == 116.0


def test_renewing_prolongs_only_ones_own(store: Store) -> None:
    store.lease_acquire("reconcile", "a", 15.0, 100.0, pid=7, host="h", detail="pass")
    renewed = store.lease_renew("reconcile", "a", 15.0, 110.0)
    assert renewed == Lease("reconcile", "a", 125.0, 7, "h", "pass")
    assert store.lease_renew("reconcile", "b", 15.0, 110.0) is None
    assert store.lease_renew("other", "a", 15.0, 110.0) is None


def test_releasing_frees_only_ones_own(store: Store) -> None:
    store.lease_acquire("reconcile", "a", 15.0, 100.0)
    assert not store.lease_release("reconcile", "b")
    assert store.lease_release("reconcile", "a")
    assert store.lease_get("reconcile") is None


def test_a_dead_holder_of_this_boot_is_replaced_at_once(store: Store) -> None:
    store.lease_acquire("reconcile", "a", 15.0, 100.0, pid=dead_pid(), host="here")
    assert store.lease_acquire("reconcile", "b", 15.0, 101.0, host="here") is not None


def test_a_pid_says_nothing_about_another_host(store: Store) -> None:
    store.lease_acquire("reconcile", "a", 15.0, 100.0, pid=dead_pid(), host="there")
    assert store.lease_acquire("reconcile", "b", 15.0, 101.0, host="here") is None


def test_a_living_holder_stays(store: Store) -> None:
    store.lease_acquire("reconcile", "a", 15.0, 100.0, pid=os.getpid(), host="here")
    assert store.lease_acquire("reconcile", "b", 15.0, 101.0, host="here") is None
