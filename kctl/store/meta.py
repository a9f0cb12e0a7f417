"""Facts about the whole database: its schema, its settings, its catalog."""

from __future__ import annotations

from sqlalchemy import bindparam, delete, insert, select

from kctl.store.schema import meta
from kctl.store.session import Session

GET = select(meta.c.value).where(meta.c.key == bindparam("key"))
DROP = delete(meta).where(meta.c.key == bindparam("key"))
PUT = insert(meta).values(key=bindparam("key"), value=bindparam("value"))


def meta_get(session: Session, key: str) -> str | None:
    row = session.row(GET, key=key)
    return None if row is None else str(row[0])


def meta_set(session: Session, key: str, value: str) -> None:
    """Inside a write transaction."""
    session.run(DROP, key=key)
    session.run(PUT, key=key, value=value)


def meta_set_absent(session: Session, key: str, value: str) -> str:
    """The value that stands: the first writer's. Inside a write transaction."""
    stands = meta_get(session, key)
    if stands is None:
        session.run(PUT, key=key, value=value)
        return value
    return stands
