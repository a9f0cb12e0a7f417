"""Leases: who may do what only one process does at a time."""

from __future__ import annotations

import os

from sqlalchemy import bindparam, delete, insert, select, update

from kctl.store.schema import leases
from kctl.store.session import Session
from kctl.store.types import Lease

GET = select(
    leases.c.name,
    leases.c.holder,
    leases.c.expires,
    leases.c.pid,
    leases.c.host,
    leases.c.detail,
).where(leases.c.name == bindparam("lease"))
DROP = delete(leases).where(leases.c.name == bindparam("lease"))
DROP_OWN = DROP.where(leases.c.holder == bindparam("owner"))
PUT = insert(leases).values(
    {name: bindparam(name) for name in ("name", "holder", "expires", "pid", "host", "detail")}
)
PROLONG = (
    update(leases)
    .where(leases.c.name == bindparam("lease"), leases.c.holder == bindparam("owner"))
    .values(expires=bindparam("until"))
)


def get(session: Session, name: str) -> Lease | None:
    row = session.row(GET, lease=name)
    return None if row is None else Lease(*row)


def acquire(session: Session, wanted: Lease, now: float) -> Lease | None:
    """Take the lease where it is free, expired, the same holder's, or a dead process's of
    the same host. Inside a write transaction."""
    held = get(session, wanted.name)
    if held is not None and not _free(held, wanted, now):
        return None
    session.run(DROP, lease=wanted.name)
    session.run(
        PUT,
        name=wanted.name,
        holder=wanted.holder,
        expires=wanted.expires,
        pid=wanted.pid,
        host=wanted.host,
        detail=wanted.detail,
    )
    return wanted


def renew(session: Session, name: str, holder: str, expires: float) -> Lease | None:
    """None where another holder took it meanwhile. Inside a write transaction."""
    session.run(PROLONG, lease=name, owner=holder, until=expires)
    held = get(session, name)
    return held if held is not None and held.holder == holder else None


def release(session: Session, name: str, holder: str) -> bool:
    """Whether the holder had it. Inside a write transaction."""
    return session.run(DROP_OWN, lease=name, owner=holder) > 0


def _free(held: Lease, wanted: Lease, now: float) -> bool:
    if held.holder == wanted.holder or held.expires <= now:
        return True
    same_boot = bool(held.host) and held.host == wanted.host
    return same_boot and held.pid > 0 and not _alive(held.pid)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
