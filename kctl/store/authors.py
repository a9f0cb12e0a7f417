"""Who wrote which revision: the audit trail, kept as long as the log."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import Select, bindparam, delete, insert, select

from kctl.store.schema import authors, revisions
from kctl.store.session import Session
from kctl.store.types import Key

SIGN = insert(authors).values(revision=bindparam("revision"), author=bindparam("author"))
FORGET = delete(authors).where(authors.c.revision <= bindparam("high"))


class Entry(NamedTuple):
    """One revision that somebody signed: `at` in epoch seconds, `author` as it was given;
    `verb` is "create", "update" or "delete", by what happened to the object."""

    revision: int
    at: float
    key: Key
    verb: str
    author: str


def sign(session: Session, numbers: Sequence[int], author: str) -> None:
    """Inside the transaction that wrote them."""
    for number in numbers:
        session.run(SIGN, revision=number, author=author)


def forget(session: Session, high: int) -> None:
    """Of the revisions up to `high`. Inside a write transaction."""
    session.run(FORGET, high=high)


def trail(
    session: Session, resource: str | None, namespace: str | None, name: str | None, limit: int
) -> list[Entry]:
    """The newest `limit` entries (0: all), the newest first; None is any."""
    wanted = {"resource": resource, "namespace": namespace, "name": name}
    given = {word: value for word, value in wanted.items() if value is not None}
    statement = _select(tuple(given), limit > 0)
    rows = session.rows(statement, **given, **({"limit": limit} if limit > 0 else {}))
    return [
        Entry(number, at, Key(*key), _verb(gone, prev, before), author)
        for number, at, *key, gone, prev, before, author in rows
    ]


def _verb(gone: bool, prev: int, before: int | None) -> str:
    if gone:
        return "delete"
    return "update" if prev and before else "create"


def _select(given: tuple[str, ...], limited: bool) -> Select[Any]:
    before = revisions.alias("before")
    statement = (
        select(
            revisions.c.id,
            revisions.c.at,
            revisions.c.resource,
            revisions.c.namespace,
            revisions.c.name,
            revisions.c.value.is_(None),
            revisions.c.prev,
            before.c.value.is_not(None),
            authors.c.author,
        )
        .select_from(
            authors.join(revisions, revisions.c.id == authors.c.revision).outerjoin(
                before, before.c.id == revisions.c.prev
            )
        )
        .order_by(revisions.c.id.desc())
    )
    for word in given:
        statement = statement.where(revisions.c[word] == bindparam(word))
    return statement.limit(bindparam("limit")) if limited else statement
