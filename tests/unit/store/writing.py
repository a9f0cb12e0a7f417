"""Short ways to write to a store in tests."""

from __future__ import annotations

from kctl.store.store import Store
from kctl.store.types import Key, Write

POD = Key("pods", "default", "web")


def pod(name: str, namespace: str = "default") -> Key:
    return Key("pods", namespace, name)


def put(store: Store, key: Key, value: bytes = b"{}", **more: object) -> int:
    """Create or update, whichever fits; the new revision."""
    record = store.get(key)
    expected = 0 if record is None else record.revision
    uid = f"uid-of-{key.name}" if record is None else record.uid
    return store.write([Write(key, expected, value, uid, **more)])[0]  # type: ignore[arg-type]


def drop(store: Store, key: Key) -> int:
    record = store.get(key)
    assert record is not None
    return store.write([Write(key, record.revision, None)])[0]
