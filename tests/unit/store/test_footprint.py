"""What a commit puts on the disk: on a busy machine that is what a write waits for."""

from __future__ import annotations

from pathlib import Path

from kctl.store.store import Store

from .writing import pod, put

FRAME = 4096 + 24
"""A page in the write-ahead log, with its header."""

WRITES = 200


def test_a_create_touches_few_pages(path: Path, store: Store) -> None:
    store._session.connection.execute("PRAGMA wal_autocheckpoint = 0", {})
    log = path.with_name(path.name + "-wal")
    before = log.stat().st_size
    for number in range(WRITES):
        put(
            store,
            pod(f"p{number}"),
            b"x" * 1200,
            refs=("owner/web", "node/n1"),
            claims=(f"ip/10.0.0.{number}",),
        )
    assert (log.stat().st_size - before) / FRAME / WRITES < 8


def test_an_update_that_keeps_its_relations_touches_fewer(path: Path, store: Store) -> None:
    relations = {"refs": ("owner/web", "node/n1"), "claims": ("ip/10.0.0.1",)}
    put(store, pod("p"), b"x" * 1200, **relations)
    store._session.connection.execute("PRAGMA wal_autocheckpoint = 0", {})
    log = path.with_name(path.name + "-wal")
    before = log.stat().st_size
    for _ in range(WRITES):
        put(store, pod("p"), b"x" * 1200, **relations)
    assert (log.stat().st_size - before) / FRAME / WRITES < 5
