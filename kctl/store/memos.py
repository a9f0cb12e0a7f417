"""What a pass remembers for the next one."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import bindparam, delete, func, insert, select

from kctl.store.schema import memory
from kctl.store.session import Session
from kctl.store.types import Memo

ALL = select(memory.c.key, memory.c.value, memory.c.due).order_by(memory.c.key)
DROP = delete(memory).where(memory.c.key == bindparam("key"))
PUT = insert(memory).values(key=bindparam("key"), value=bindparam("value"), due=bindparam("due"))
NEXT_DUE = select(func.min(memory.c.due))


def recall(session: Session) -> dict[str, Memo]:
    return {key: Memo(value, due) for key, value, due in session.rows(ALL)}


def remember(session: Session, updates: Mapping[str, Memo | None]) -> None:
    """None forgets. Inside a write transaction."""
    for key, memo in updates.items():
        session.run(DROP, key=key)
        if memo is not None:
            session.run(PUT, key=key, value=memo.value, due=memo.due)


def next_due(session: Session) -> float | None:
    """The earliest time (epoch seconds) that a memo wants to be woken at."""
    row = session.row(NEXT_DUE)
    return None if row is None or row[0] is None else float(row[0])
