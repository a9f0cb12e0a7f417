"""What a third party may add to printing: output formats and describers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol, TextIO

Object = dict[str, Any]


class Printer(Protocol):
    """An output format for `-o NAME` or `-o NAME=TEMPLATE`."""

    name: str

    def print(self, obj: Object, template: str, out: TextIO) -> None:
        """Write one object (a v1 List where several were asked for). `template` is what
        follows "=" in -o, "" without it. Raises ValueError for a template it cannot read."""
        ...


class Related(Protocol):
    """What a describer may ask of the control plane beside the object itself."""

    now: datetime

    def get(self, resource: str, namespace: str, name: str) -> Object | None:
        """One object, None where it is not there. `resource` as in "replicasets.apps"."""
        ...

    def list(
        self, resource: str, namespace: str | None = None, *, label_selector: str = ""
    ) -> Sequence[Object]:
        """Objects of one resource; `namespace` None lists every namespace."""
        ...

    def events(self, obj: Object) -> Sequence[Object]:
        """The events about `obj`, oldest first."""
        ...


class Describer(Protocol):
    """What `kctl describe` prints of one resource."""

    resource: str
    """As in `kctl.api.kind.Kind.resource`: "pods", "deployments.apps"."""

    def describe(self, obj: Object, related: Related, *, show_events: bool = True) -> str:
        """The whole text, with its last line end."""
        ...
