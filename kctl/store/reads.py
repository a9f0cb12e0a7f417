"""Reading objects: one, a list of now, a list of the past, by reference, by claim."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Select, Table, bindparam, func, select, tuple_

from kctl.store.errors import Compacted, FutureRevision
from kctl.store.log import compacted_to, newest_revision
from kctl.store.schema import claims, current, refs, revisions
from kctl.store.session import Row, Session, bound
from kctl.store.types import Key, Page, Record

HIGHEST = "\U0010ffff"
"""Sorts after every character, so a prefix is the range up to prefix + HIGHEST."""

_valued = current.join(revisions, revisions.c.id == current.c.revision)

GET = (
    select(current.c.revision, current.c.uid, revisions.c.value)
    .select_from(_valued)
    .where(
        current.c.resource == bindparam("resource"),
        current.c.namespace == bindparam("namespace"),
        current.c.name == bindparam("name"),
    )
)

REFERRING = (
    select(
        current.c.resource,
        current.c.namespace,
        current.c.name,
        current.c.revision,
        current.c.uid,
        revisions.c.value,
    )
    .select_from(
        refs.join(
            current,
            (refs.c.resource == current.c.resource)
            & (refs.c.namespace == current.c.namespace)
            & (refs.c.name == current.c.name),
        ).join(revisions, revisions.c.id == current.c.revision)
    )
    .where(refs.c.ref == bindparam("ref"))
    .order_by(refs.c.resource, refs.c.namespace, refs.c.name)
)

CLAIMS = select(claims.c.claim).where(
    claims.c.claim >= bindparam("low"), claims.c.claim < bindparam("high")
)


def get(session: Session, key: Key) -> Record | None:
    row = session.row(GET, resource=key.resource, namespace=key.namespace, name=key.name)
    return None if row is None else Record(key, *row)


def referring(session: Session, ref: str) -> list[Record]:
    rows = session.rows(REFERRING, ref=ref)
    return [
        Record(Key(resource, namespace, name), revision, uid, value)
        for resource, namespace, name, revision, uid, value in rows
    ]


def held_claims(session: Session, prefix: str) -> set[str]:
    return {claim for (claim,) in session.rows(CLAIMS, low=prefix, high=prefix + HIGHEST)}


def list_page(
    session: Session,
    resource: str,
    namespace: str | None,
    *,
    limit: int,
    after: Key | None,
    revision: int | None,
) -> Page:
    """See `Backend.list`. Raises Compacted, and FutureRevision."""
    values: dict[str, Any] = {"resource": resource}
    if namespace is not None:
        values["namespace"] = namespace
    if after is not None:
        values["after_namespace"], values["after_name"] = after.namespace, after.name
    scope = (namespace is not None, after is not None)
    with session.reading():
        newest = newest_revision(session)
        past = revision is not None and revision != newest
        if past:
            assert revision is not None
            _check_reachable(session, revision, newest)
            values["revision"] = revision
        statement = _select_past(*scope) if past else _select_current(*scope)
        if limit <= 0:
            rows = session.rows(statement, **values)
            remaining = 0
        else:
            rows = session.rows(_limited(statement), **values, limit=limit)
            remaining = bound(session.rows(_counted(statement), **values)) - len(rows)
    as_of = newest if revision is None else revision
    return Page(_records(resource, rows), as_of, remaining)


def _records(resource: str, rows: Sequence[Row]) -> list[Record]:
    return [
        Record(Key(resource, namespace, name), revision, uid, value)
        for namespace, name, revision, uid, value in rows
    ]


def _check_reachable(session: Session, revision: int, newest: int) -> None:
    if revision > newest:
        raise FutureRevision(revision, newest)
    oldest = compacted_to(session)
    if revision < oldest:
        raise Compacted(revision, oldest)


@cache
def _limited(statement: Select[Any]) -> Select[Any]:
    return statement.limit(bindparam("limit"))


@cache
def _counted(statement: Select[Any]) -> Select[Any]:
    return select(func.count()).select_from(statement.order_by(None).subquery())


@cache
def _select_current(in_namespace: bool, after: bool) -> Select[Any]:
    return _scoped(
        select(
            current.c.namespace,
            current.c.name,
            current.c.revision,
            current.c.uid,
            revisions.c.value,
        ).select_from(_valued),
        current,
        in_namespace,
        after,
    )


@cache
def _select_past(in_namespace: bool, after: bool) -> Select[Any]:
    """Rows that no row up to the revision follows: an index finds the follower of a row
    by its `prev`."""
    follower = revisions.alias()
    followed = (
        select(follower.c.id)
        .where(
            follower.c.resource == revisions.c.resource,
            follower.c.namespace == revisions.c.namespace,
            follower.c.name == revisions.c.name,
            follower.c.prev == revisions.c.id,
            follower.c.id <= bindparam("revision"),
        )
        .exists()
    )
    statement = select(
        revisions.c.namespace,
        revisions.c.name,
        revisions.c.id,
        revisions.c.uid,
        revisions.c.value,
    ).where(revisions.c.id <= bindparam("revision"), revisions.c.value.is_not(None), ~followed)
    return _scoped(statement, revisions, in_namespace, after)


def _scoped(statement: Select[Any], table: Table, in_namespace: bool, after: bool) -> Select[Any]:
    conditions: list[ColumnElement[bool]] = [table.c.resource == bindparam("resource")]
    if in_namespace:
        conditions.append(table.c.namespace == bindparam("namespace"))
    if after:
        conditions.append(
            tuple_(table.c.namespace, table.c.name)
            > tuple_(bindparam("after_namespace"), bindparam("after_name"))
        )
    return statement.where(*conditions).order_by(table.c.namespace, table.c.name)
