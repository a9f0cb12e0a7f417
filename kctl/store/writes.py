"""Writing objects: the log's row, the current state, references and claims, together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import BindParameter, bindparam, delete, insert, select, update

from kctl.store.errors import ClaimTaken, Conflict
from kctl.store.schema import claims, current, refs, revisions
from kctl.store.session import Session
from kctl.store.types import Key, Write

_KEY: dict[str, BindParameter[str]] = {
    name: bindparam(name) for name in ("resource", "namespace", "name")
}

STANDING = select(current.c.revision, current.c.uid).where(
    *(current.c[name] == value for name, value in _KEY.items())
)

LAST = (
    select(revisions.c.id)
    .where(*(revisions.c[name] == value for name, value in _KEY.items()))
    .order_by(revisions.c.prev.desc())
    .limit(1)
)
"""The row that a new one follows where the key is not there now: its deletion, if the
log still has it."""

LOG = (
    insert(revisions)
    .values(
        **_KEY,
        prev=bindparam("prev"),
        uid=bindparam("uid"),
        value=bindparam("value"),
        at=bindparam("at"),
    )
    .returning(revisions.c.id)
)

_STATE: dict[str, BindParameter[Any]] = {
    name: bindparam(name) for name in ("revision", "uid", "labels", "value", "cells")
}

CREATE = insert(current).values(**_KEY, **_STATE)
UPDATE = (
    update(current)
    .where(
        current.c.resource == bindparam("at_resource"),
        current.c.namespace == bindparam("at_namespace"),
        current.c.name == bindparam("at_name"),
    )
    .values(**_STATE)
)
DELETE = delete(current).where(*(current.c[name] == value for name, value in _KEY.items()))

REFS = select(refs.c.ref).where(*(refs.c[name] == value for name, value in _KEY.items()))
REFER = insert(refs).values(ref=bindparam("ref"), **_KEY)
DROP_REF = delete(refs).where(
    refs.c.ref == bindparam("ref"), *(refs.c[name] == value for name, value in _KEY.items())
)

CLAIMS = select(claims.c.claim).where(*(claims.c[name] == value for name, value in _KEY.items()))
HOLDER = select(claims.c.resource, claims.c.namespace, claims.c.name).where(
    claims.c.claim == bindparam("claim")
)
CLAIM = insert(claims).values(claim=bindparam("claim"), **_KEY)
DROP_CLAIM = delete(claims).where(claims.c.claim == bindparam("claim"))


def apply(session: Session, writes: Sequence[Write], now: float) -> list[int]:
    """All of them, in order; the new revisions. Inside a write transaction, which the
    caller rolls back when this raises Conflict or ClaimTaken.

    Claims are given up before any is taken, so that one transaction can move them
    between objects.
    """
    numbers: list[int] = []
    taking: list[tuple[Key, str]] = []
    for write in writes:
        numbers.append(_write_one(session, write, now, taking))
    for key, claim in taking:
        _take(session, key, claim)
    return numbers


def _write_one(session: Session, write: Write, now: float, taking: list[tuple[Key, str]]) -> int:
    key = write.key
    place = {"resource": key.resource, "namespace": key.namespace, "name": key.name}
    standing = session.row(STANDING, **place)
    revision, uid = (0, "") if standing is None else standing
    if revision != write.expected or (revision == 0 and write.value is None):
        raise Conflict(key, write.expected, revision)
    if revision == 0:
        last = session.row(LAST, **place)
        prev = 0 if last is None else last[0]
    else:
        prev = revision
    number = _log(session, write, place, prev, uid, now)
    if write.value is None:
        session.run(DELETE, **place)
        return number
    state = {
        "revision": number,
        "uid": write.uid,
        "labels": write.labels,
        "value": write.value,
        "cells": write.cells,
    }
    if revision == 0:
        session.run(CREATE, **place, **state)
        wanted_refs, wanted_claims = set(write.refs), set(write.claims)
    else:
        session.run(UPDATE, **{f"at_{name}": word for name, word in place.items()}, **state)
        wanted_refs = _drop_refs(session, write, place)
        wanted_claims = _drop_claims(session, write, place)
    for ref in wanted_refs:
        session.run(REFER, ref=ref, **place)
    taking.extend((key, claim) for claim in sorted(wanted_claims))
    return number


def _log(
    session: Session, write: Write, place: dict[str, str], prev: int, uid: str, now: float
) -> int:
    row = session.row(
        LOG,
        **place,
        prev=prev,
        uid=uid if write.value is None else write.uid,
        value=write.value,
        at=now,
    )
    assert row is not None
    return int(row[0])


def _drop_refs(session: Session, write: Write, place: dict[str, str]) -> set[str]:
    """Drop the references that the write no longer carries; those that it adds."""
    had = {ref for (ref,) in session.rows(REFS, **place)}
    wanted = set(write.refs)
    for ref in had - wanted:
        session.run(DROP_REF, ref=ref, **place)
    return wanted - had


def _drop_claims(session: Session, write: Write, place: dict[str, str]) -> set[str]:
    had = {claim for (claim,) in session.rows(CLAIMS, **place)}
    wanted = set(write.claims)
    for claim in had - wanted:
        session.run(DROP_CLAIM, claim=claim)
    return wanted - had


def _take(session: Session, key: Key, claim: str) -> None:
    holder = session.row(HOLDER, claim=claim)
    if holder is not None:
        raise ClaimTaken(claim, Key(*holder))
    session.run(CLAIM, claim=claim, resource=key.resource, namespace=key.namespace, name=key.name)
