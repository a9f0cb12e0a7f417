"""The schema version that this kctl reads and writes; light, for both doors.

A migration raises it: see `kctl.store.migrations`.
"""

from __future__ import annotations

from kctl.store.errors import NewerSchema, OlderSchema

SCHEMA_VERSION = 2
SCHEMA_KEY = "schema"
"""The key in the table `meta`."""

REVISIONS_COMPACTED_KEY = "compacted"
"""The key in `meta` of the newest revision that a compaction has passed."""


def check_readable(where: str, found: int) -> None:
    """Raise NewerSchema or OlderSchema unless `found` is the version known here."""
    if found > SCHEMA_VERSION:
        raise NewerSchema(where, found, SCHEMA_VERSION)
    if found < SCHEMA_VERSION:
        raise OlderSchema(where, found, SCHEMA_VERSION)
