"""What a store refuses, with messages fit for people.

Light on purpose: the read-only door of short-lived commands imports this, so neither
`typing` nor `dataclasses` is loaded here.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from kctl.store.key import Key


class StoreError(Exception):
    """Anything a store refuses; the message is fit for people."""


class NoDatabase(StoreError):
    """There is no database at the path, and the caller did not ask to make one."""

    def __init__(self, path: str) -> None:
        super().__init__(f'there is no database at "{path}"')
        self.path = path


class NewerSchema(StoreError):
    """A newer kctl wrote the database; reading it with this one could lose what it added."""

    def __init__(self, where: str, found: int, known: int) -> None:
        super().__init__(
            f'the database "{where}" has schema version {found}, but this kctl knows only '
            f"versions up to {known}: use the newer kctl that wrote it"
        )
        self.found, self.known = found, known


class OlderSchema(StoreError):
    """The read-only door cannot migrate; opening the store for writing does."""

    def __init__(self, where: str, found: int, known: int) -> None:
        super().__init__(
            f'the database "{where}" has schema version {found}, older than {known}: '
            "any command that writes migrates it"
        )
        self.found, self.known = found, known


class DiskFull(StoreError):
    """The disk (or a quota) had no room; the transaction was rolled back."""

    def __init__(self, where: str) -> None:
        super().__init__(f'cannot write to the database "{where}": no space left on device')


class Conflict(StoreError):
    """A write expected another revision of `key`; `current` is 0 where it is gone."""

    def __init__(self, key: Key, expected: int, current: int) -> None:
        super().__init__(f"{key.resource} {key.name!r}: expected {expected}, is {current}")
        self.key, self.expected, self.current = key, expected, current


class ClaimTaken(StoreError):
    """A write claims a name that another key holds."""

    def __init__(self, claim: str, holder: Key | None = None) -> None:
        super().__init__(f"{claim} is taken")
        self.claim, self.holder = claim, holder


class Compacted(StoreError):
    """The log no longer reaches back to the revision asked for (410 Gone)."""

    def __init__(self, requested: int, oldest: int) -> None:
        super().__init__(f"revision {requested} was compacted; the oldest is {oldest}")
        self.requested, self.oldest = requested, oldest


class FutureRevision(StoreError):
    """A read asked for a revision that nobody has written yet."""

    def __init__(self, requested: int, newest: int) -> None:
        super().__init__(f"Too large resource version: {requested}, current: {newest}")
        self.requested, self.newest = requested, newest
