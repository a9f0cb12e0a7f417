"""Who writes, as far as managedFields are concerned."""

from __future__ import annotations

from typing import Any, NamedTuple

from kctl.api.apply import managers, tracking
from kctl.api.context import Context
from kctl.api.errors import invalid
from kctl.api.kind import Kind, Object
from kctl.api.times import now_text


class Writer(NamedTuple):
    """The manager of a write, "" where nobody is to own anything. subresource: where it came
    through, where that is another than the one it changes ("scale"). entries: the entries of
    an apply, which has settled them already."""

    manager: str = ""
    subresource: str = ""
    entries: list[dict[str, Any]] | None = None

    def check(self, options: str) -> None:
        """Raise the 422 of a manager's name that may not be; options: "CreateOptions"."""
        causes = managers.name_errors(self.manager, "fieldManager")
        if causes:
            raise invalid("meta.k8s.io", options, "", causes)

    def at_create(self, context: Context, kind: Kind, obj: Object, sent: Any) -> None:
        """Put the entries of a new object into it."""
        if self.entries is not None:
            _set(obj, self.entries)
        elif self.manager:
            tracking.at_create(kind, obj, sent, self.manager, now_text(context.now()))

    def at_update(
        self, context: Context, kind: Kind, new: Object, old: Object, sent: Any, subresource: str
    ) -> None:
        """Put the entries of a changed object into it."""
        if self.entries is not None:
            _set(new, self.entries)
        elif sent or "managedFields" in old["metadata"]:
            through = self.subresource or subresource
            now = now_text(context.now())
            tracking.at_update(kind, new, old, sent, self.manager, through, now)


def _set(obj: Object, entries: list[dict[str, Any]]) -> None:
    if entries:
        obj["metadata"]["managedFields"] = entries
    else:
        obj["metadata"].pop("managedFields", None)


NOBODY = Writer()
