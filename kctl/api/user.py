"""Who asks, as authentication found out (authentication.k8s.io's UserInfo)."""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any, NamedTuple

AUTHENTICATED = "system:authenticated"
UNAUTHENTICATED = "system:unauthenticated"
MASTERS = "system:masters"
"""Members of this group may do everything, whatever the roles say."""


class User(NamedTuple):
    """A user, or a service account as "system:serviceaccount:NAMESPACE:NAME"."""

    name: str
    groups: tuple[str, ...] = ()
    uid: str = ""
    extra: Mapping[str, tuple[str, ...]] = {}

    def info(self) -> dict[str, Any]:
        """The UserInfo; empty fields are left out."""
        found: dict[str, Any] = {"username": self.name}
        if self.uid:
            found["uid"] = self.uid
        if self.groups:
            found["groups"] = list(self.groups)
        if self.extra:
            found["extra"] = {name: list(values) for name, values in self.extra.items()}
        return found


ANONYMOUS = User("system:anonymous", (UNAUTHENTICATED,))

CURRENT: ContextVar[User | None] = ContextVar("kctl_user", default=None)
"""On whose behalf the Api is called. None is kctl itself: its command line and its
controllers, which own the database and may do everything."""
