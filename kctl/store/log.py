"""The log of revisions: what changed since one, and forgetting the oldest of them."""

from __future__ import annotations

from functools import cache
from typing import Any, Literal

from sqlalchemy import Select, bindparam, delete, func, select

from kctl.store.authors import forget
from kctl.store.errors import Compacted
from kctl.store.meta import meta_get, meta_set
from kctl.store.schema import revisions
from kctl.store.session import Row, Session, bound
from kctl.store.types import Change, Key
from kctl.store.version import REVISIONS_COMPACTED_KEY

NEWEST = select(func.max(revisions.c.id))

AGED = select(func.max(revisions.c.id)).where(
    revisions.c.id > bindparam("low"),
    revisions.c.id <= bindparam("high"),
    revisions.c.at < bindparam("before"),
)

_follower = revisions.alias("follower")
DROP_FOLLOWED = delete(revisions).where(
    revisions.c.id.in_(
        select(_follower.c.prev).where(
            _follower.c.id > bindparam("low"),
            _follower.c.id <= bindparam("high"),
        )
    )
)

DROP_DELETED = delete(revisions).where(
    revisions.c.id > bindparam("low"),
    revisions.c.id <= bindparam("high"),
    revisions.c.value.is_(None),
)


def newest_revision(session: Session) -> int:
    """0 for an empty log. Compaction never drops the newest row, so this never falls."""
    return bound(session.rows(NEWEST))


def compacted_to(session: Session) -> int:
    """The oldest revision at which lists and watches can still begin."""
    return int(meta_get(session, REVISIONS_COMPACTED_KEY) or 0)


def changes(
    session: Session, since: int, resource: str | None, namespace: str | None, limit: int
) -> list[Change]:
    """What was written after `since`, in order. Raises Compacted."""
    values: dict[str, Any] = {"since": since}
    if resource is not None:
        values["resource"] = resource
    if namespace is not None:
        values["namespace"] = namespace
    if limit > 0:
        values["limit"] = limit
    statement = _select_changes(resource is not None, namespace is not None, limit > 0)
    with session.reading():
        oldest = compacted_to(session)
        if since < oldest:
            raise Compacted(since, oldest)
        rows = session.rows(statement, **values)
    return [_change(row) for row in rows]


@cache
def _select_changes(of_resource: bool, in_namespace: bool, limited: bool) -> Select[Any]:
    before = revisions.alias("before")
    statement = (
        select(
            revisions.c.resource,
            revisions.c.namespace,
            revisions.c.name,
            revisions.c.id,
            revisions.c.uid,
            revisions.c.value,
            before.c.value,
        )
        .select_from(revisions.outerjoin(before, before.c.id == revisions.c.prev))
        .where(revisions.c.id > bindparam("since"))
        .order_by(revisions.c.id)
    )
    if of_resource:
        statement = statement.where(revisions.c.resource == bindparam("resource"))
    if in_namespace:
        statement = statement.where(revisions.c.namespace == bindparam("namespace"))
    return statement.limit(bindparam("limit")) if limited else statement


def _change(row: Row) -> Change:
    resource, namespace, name, revision, uid, value, previous = row
    key = Key(resource, namespace, name)
    if value is None:
        return Change("DELETED", key, revision, uid, previous)
    kind: Literal["ADDED", "MODIFIED"] = "ADDED" if previous is None else "MODIFIED"
    return Change(kind, key, revision, uid, value, previous)


def compact(
    session: Session,
    keep_revisions: int,
    keep_seconds: float,
    now: float,
    *,
    at_most: int | None = None,
) -> int:
    """Forget what is beyond the newest `keep_revisions` or older than `keep_seconds`, at
    most `at_most` revisions of it; how many rows went. Inside a write transaction.

    The newest live row of every key stays, and so does the newest row of all. Going
    forward from where the last compaction stopped, the rows to drop are those that a row
    of this stretch follows, and the deletions in it, so the cost is the stretch's length.
    """
    low, newest = compacted_to(session), newest_revision(session)
    last = newest - 1 if at_most is None else min(newest - 1, low + at_most)
    aged = bound(session.rows(AGED, low=low, high=last, before=now - keep_seconds))
    high = min(last, max(newest - max(keep_revisions, 1), aged))
    if high <= low:
        return 0
    dropped = session.run(DROP_FOLLOWED, low=low, high=high)
    dropped += session.run(DROP_DELETED, low=low, high=high)
    forget(session, high)
    meta_set(session, REVISIONS_COMPACTED_KEY, str(high))
    return dropped
