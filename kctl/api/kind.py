"""What a kind is: one declaration a file, registered through the `kctl_kinds` hook.

The API library asks a kind for its defaults, its rules and its table row, and does
everything that is alike for all kinds itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from kctl.api.fields import FieldError
from kctl.api.user import User
from kctl.store.types import Key

if TYPE_CHECKING:
    from kctl.api.crd.structure import Structure

Object = dict[str, Any]
"""A Kubernetes object as decoded JSON."""

Cell = str | int | list[str | int | float]
"""A table cell as stored. A list is joined when it is printed; a number inside a
list is a time in epoch seconds and prints as the duration since then: [1700000000.0]
is an age, ["3 (", 1700000000.0, " ago)"] the RESTARTS of a pod."""


@dataclass(frozen=True)
class Column:
    """One column of the table that `get` prints; priority 1 shows only with -o wide."""

    name: str
    type: str = "string"
    priority: int = 0
    format: str = ""
    description: str = ""


def _nothing(obj: Object) -> None:
    """No defaults."""


def _valid(obj: Object) -> list[FieldError]:
    return []


def _valid_update(new: Object, old: Object) -> list[FieldError]:
    return []


def _unchanged(new: Object, old: Object) -> None:
    """Nothing to carry over."""


def _no_strings(obj: Object) -> tuple[str, ...]:
    return ()


def _no_fields(obj: Object) -> Mapping[str, str]:
    return {}


@dataclass(frozen=True)
class Scale:
    """Where the scale subresource finds its numbers, as dotted paths."""

    spec_replicas: str = "spec.replicas"
    status_replicas: str = "status.replicas"
    selector: str = "spec.selector"


@dataclass(frozen=True)
class Part:
    """A subresource that changes nothing but a part of an object."""

    merge: Callable[[Object, Object], Object]
    """(new, old): old with what of new is of this part, as an object of its own"""
    validate: Callable[[Object, Object], list[FieldError]]
    """(merged, old): what `Kind.validate_update` is for whole objects"""


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One kind of object in one served version."""

    group: str = ""
    version: str = "v1"
    kind: str
    plural: str
    singular: str = ""
    short_names: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    namespaced: bool = True
    schema: str
    """Name in the schema table, e.g. "io.k8s.api.apps.v1.Deployment"."""
    columns: tuple[Column, ...]
    row: Callable[[Object], list[Cell]]
    """The cells for `columns`, in order; pure. Age cells are [epoch]."""
    name_rule: str = "subdomain"
    """"subdomain" (RFC 1123 subdomain), "label" (RFC 1123), "label1035" (services),
    "path" (RBAC names)."""
    default: Callable[[Object], None] = _nothing
    """Fill defaults in place, after decoding; must be idempotent."""
    prepare_create: Callable[[Object], None] = _nothing
    """Drop what a client may not set on create (status of most kinds)."""
    prepare_update: Callable[[Object, Object], None] = _unchanged
    """(new, old): carry over what a client may not change (status), in place."""
    prepare_status: Callable[[Object, Object], None] = _unchanged
    """(new, old) on the status subresource; the API itself already takes everything but
    status and the metadata that may change from old."""
    validate: Callable[[Object], list[FieldError]] = _valid
    validate_update: Callable[[Object, Object], list[FieldError]] = _valid_update
    """(new, old): immutable fields and the like; `validate(new)` is called as well."""
    has_status: bool = False
    has_generation: bool = False
    """metadata.generation starts at 1 and rises when anything but metadata and status changes."""
    scale: Scale | None = None
    grace: Callable[[Object], int] | None = None
    """Default grace of a delete in seconds; None: deletion is immediate. Zero for a pod
    that is not bound to a node."""
    selectable: Callable[[Object], Mapping[str, str]] = _no_fields
    """Fields for field selectors, beside metadata.name and metadata.namespace."""
    refs: Callable[[Object], tuple[str, ...]] = _no_strings
    """Back references for `Backend.referring`, beside owner references."""
    claims: Callable[[Object], tuple[str, ...]] = _no_strings
    """Names that one object at most may hold."""
    orphan_by_default: bool = False
    finalizers: Callable[[Object], Sequence[str]] = _no_strings
    """Finalizers that the kind keeps elsewhere than in metadata (a namespace's in its spec);
    such a kind has the subresource "finalize", which changes nothing but spec.finalizers."""
    begin_delete: Callable[[Object], None] = _nothing
    """What an object shows once it is being deleted and something holds it, in place."""
    aliases: tuple[str, ...] = field(default=())
    parts: Mapping[str, Part] = field(default_factory=dict, hash=False)
    """by the name of the subresource"""
    validate_create: Callable[[Object], list[FieldError]] = _valid
    """Rules of a create alone; `validate` is called as well."""
    structure: Structure | None = None
    """The schema of a custom kind, which its definition brings; None where `schema` names
    one of the table. (`schema` is "crd:RESOURCE/VERSION" then.)"""
    stored_version: str = ""
    """The version that the stored objects name where it is not this one: between versions
    nothing but apiVersion differs."""
    from_stored: Callable[[Object], Object] | None = None
    """Of a stored object, where more than apiVersion differs between the versions; a new
    object, which may share parts with the other."""
    to_stored: Callable[[Object], Object] | None = None
    stored_row: Callable[[Object], list[Cell]] | None = None
    """The cells to store where they are not those of `row`: of the version that is preferred."""
    cells_since: int = 0
    """Stored cells of an older revision than this are of other columns."""

    @property
    def resource(self) -> str:
        """ "pods" or "deployments.apps": what `Key.resource` holds."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    @property
    def api_version(self) -> str:
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def stored_api_version(self) -> str:
        """What the stored objects have as their apiVersion."""
        version = self.stored_version or self.version
        return f"{self.group}/{version}" if self.group else version

    def key(self, obj: Object) -> Key:
        meta = obj["metadata"]
        return Key(
            self.resource, meta.get("namespace", "") if self.namespaced else "", meta["name"]
        )


class Request(Protocol):
    """What an admission step may look at."""

    @property
    def operation(self) -> str:
        """ "CREATE", "UPDATE" or "DELETE"."""
        ...

    @property
    def kind(self) -> Kind: ...
    @property
    def namespace(self) -> str: ...
    @property
    def subresource(self) -> str:
        """ "" for the object itself, "status", "scale"."""
        ...

    @property
    def obj(self) -> Object | None:
        """The new object, to be changed in place; None on DELETE."""
        ...

    @property
    def old(self) -> Object | None: ...

    @property
    def user(self) -> User | None:
        """Who asks; None for kctl itself, which may do everything."""
        ...

    @property
    def dry_run(self) -> bool:
        """Nothing is to be written, here or elsewhere."""
        ...

    def kind_of(self, api_version: str, kind: str) -> Kind | None:
        """A served kind, None where nobody serves it."""
        ...

    def versions(self, group: str, plural: str) -> Sequence[str]:
        """The versions under which a resource is served."""
        ...

    def get(self, resource: str, namespace: str, name: str) -> Object | None:
        """Read another object at the state that the request sees."""
        ...

    def list(self, resource: str, namespace: str | None = None) -> Sequence[Object]:
        """Every object of a resource, or of a namespace, at the state that the request sees."""
        ...

    def referring(self, ref: str) -> Sequence[Object]:
        """Every object with a back reference (`Kind.refs`), by resource and name."""
        ...

    def claims(self, prefix: str) -> set[str]:
        """The claims held now."""
        ...

    def now(self) -> str:
        """The time of the request, as Kubernetes writes times."""
        ...

    def setting(self, name: str) -> str:
        """A setting of this control plane ("service-cidr", "node-port-range", ...)."""
        ...

    def warn(self, message: str) -> None:
        """A warning for the client, printed as "Warning: ..."."""
        ...


class Admission(Protocol):
    """One admission step: defaults that need other objects, and refusals (raise ApiError)."""

    name: str

    def admit(self, request: Request) -> None: ...
