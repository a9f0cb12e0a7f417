"""Writing objects: the log's row, the current state, references and claims, together."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import BindParameter, bindparam, delete, insert, select, update

from kctl.store.errors import ClaimTaken, Conflict
from kctl.store.schema import claims, current, refs, revisions
from kctl.store.session import Session
from kctl.store.types import Key, Write

NONE = "[]"
"""How `current` spells no references, or no claims."""

_KEY: dict[str, BindParameter[str]] = {
    name: bindparam(name) for name in ("resource", "namespace", "name")
}

STANDING = select(current.c.revision, current.c.uid, current.c.refs, current.c.claims).where(
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
    name: bindparam(name) for name in ("revision", "uid", "labels", "cells", "refs", "claims")
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

REFER = insert(refs).values(ref=bindparam("ref"), **_KEY)
DROP_REF = delete(refs).where(
    refs.c.ref == bindparam("ref"), *(refs.c[name] == value for name, value in _KEY.items())
)

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
    revision, uid, had_refs, had_claims = standing or (0, "", NONE, NONE)
    if revision != write.expected or (revision == 0 and write.value is None):
        raise Conflict(key, write.expected, revision)
    prev = revision or _deletion(session, place)
    number = _log(session, write, place, prev, uid, now)
    if write.value is None:
        session.run(DELETE, **place)
        _refer(session, place, had_refs, ())
        _release(session, had_claims, ())
        return number
    state = {
        "revision": number,
        "uid": write.uid,
        "labels": write.labels,
        "cells": write.cells,
        "refs": _texts(write.refs),
        "claims": _texts(write.claims),
    }
    if revision == 0:
        session.run(CREATE, **place, **state)
    else:
        session.run(UPDATE, **{f"at_{name}": word for name, word in place.items()}, **state)
    if state["refs"] != had_refs:
        _refer(session, place, had_refs, write.refs)
    if state["claims"] != had_claims:
        taking.extend((key, claim) for claim in _release(session, had_claims, write.claims))
    return number


def _deletion(session: Session, place: dict[str, str]) -> int:
    last = session.row(LAST, **place)
    return 0 if last is None else int(last[0])


def _texts(words: Sequence[str]) -> str:
    return json.dumps(words) if words else NONE


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


def _refer(session: Session, place: dict[str, str], had: str, wanted: Sequence[str]) -> None:
    old, new = set(json.loads(had)), set(wanted)
    for ref in old - new:
        session.run(DROP_REF, ref=ref, **place)
    for ref in new - old:
        session.run(REFER, ref=ref, **place)


def _release(session: Session, had: str, wanted: Sequence[str]) -> list[str]:
    """Give up what is no longer claimed; the claims to take."""
    old, new = set(json.loads(had)), set(wanted)
    for claim in old - new:
        session.run(DROP_CLAIM, claim=claim)
    return sorted(new - old)


def _take(session: Session, key: Key, claim: str) -> None:
    holder = session.row(HOLDER, claim=claim)
    if holder is not None:
        raise ClaimTaken(claim, Key(*holder))
    session.run(CLAIM, claim=claim, resource=key.resource, namespace=key.namespace, name=key.name)
