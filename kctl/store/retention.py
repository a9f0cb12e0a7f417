"""How much of the log is kept, and forgetting the rest a little at a time.

Every write pays for a bounded stretch of the log, so that nothing has to run beside it
and no single write is slow.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from kctl.store.errors import StoreError
from kctl.store.log import compact
from kctl.store.meta import meta_get
from kctl.store.session import Session

SETTINGS_KEY = "settings"
"""The key in `meta` of the settings, a JSON object of texts."""

KEEP_REVISIONS = 10_000
KEEP_SECONDS = 86_400.0

EVERY = 128
"""A compaction joins the write that passes a multiple of this many revisions."""

STRETCH = 512
"""The most revisions that one such compaction goes over, beside twice what the write
itself added: the log falls behind after a great load, and catches up."""


def retention(session: Session) -> tuple[int, float]:
    """Revisions and seconds to keep: the settings `retain-revisions` and
    `retain-seconds`, or the defaults where they are absent. Raises StoreError for a
    setting that is no number."""
    settings = json.loads(meta_get(session, SETTINGS_KEY) or "{}")
    return (
        int(_number(settings, "retain-revisions", KEEP_REVISIONS)),
        _number(settings, "retain-seconds", KEEP_SECONDS),
    )


def _number(settings: Mapping[str, str], name: str, default: float) -> float:
    text = settings.get(name)
    if text is None:
        return default
    try:
        return float(text)
    except ValueError:
        raise StoreError(f'the setting "{name}" is not a number: "{text}"') from None


def compact_a_little(session: Session, before: int, after: int, now: float) -> int:
    """Inside the write transaction that took the log from `before` to `after`, whose own
    revisions it leaves alone, however many: their writer is about to read them."""
    if before // EVERY == after // EVERY:
        return 0
    revisions, seconds = retention(session)
    stretch = STRETCH + 2 * (after - before)
    return compact(session, max(revisions, after - before), seconds, now, at_most=stretch)
