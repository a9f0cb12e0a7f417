"""Bringing a database to the schema of this kctl, one numbered step at a time.

A step is a module `mNNNN_what_it_does` with a function `migrate(session)`; add it to
STEPS and raise `kctl.store.version.SCHEMA_VERSION`. A step spells its tables out, since
`kctl.store.schema` moves on. Each runs in a transaction of its own together with the
row that says it ran, so a failing step leaves the version before it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sqlalchemy import text

from kctl.store.errors import NewerSchema, StoreError
from kctl.store.meta import meta_get, meta_set
from kctl.store.migrations import m0001_first, m0002_authors
from kctl.store.session import Session
from kctl.store.version import SCHEMA_KEY

STEPS: Mapping[int, Callable[[Session], None]] = {
    1: m0001_first.migrate,
    2: m0002_authors.migrate,
}


def migrate(session: Session, steps: Mapping[int, Callable[[Session], None]] = STEPS) -> None:
    """Run what is missing. Raises NewerSchema, and whatever a step raises."""
    known = max(steps)
    while (found := schema_version(session)) < known:
        with session.writing():
            if schema_version(session) == found:  # nobody else has just done it
                steps[found + 1](session)
                meta_set(session, SCHEMA_KEY, str(found + 1))
    if found > known:
        raise NewerSchema(session.backing.where, found, known)


def schema_version(session: Session) -> int:
    """0 for an empty database. Raises StoreError for somebody else's."""
    tables = {name for (name,) in session.rows(text(session.backing.tables))}
    if not tables:
        return 0
    stored = meta_get(session, SCHEMA_KEY) if "meta" in tables else None
    if stored is None or not stored.isdecimal():
        raise StoreError(f'"{session.backing.where}" is not a kctl database: no schema version')
    return int(stored)
