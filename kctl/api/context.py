"""What every verb works with, and the steps that several verbs share."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from kctl.api import errors
from kctl.api.admission.dynamic import DynamicAdmission
from kctl.api.apply import tracking
from kctl.api.encode import decode, encode, to_write
from kctl.api.fields import FieldError
from kctl.api.kind import Admission, Kind, Object
from kctl.api.registry import Kinds
from kctl.api.schema import decode as schema_decode
from kctl.api.times import now_text
from kctl.api.user import CURRENT, User
from kctl.store.types import Backend, Key, Record, Write

VALIDATIONS = ("Strict", "Warn", "Ignore")


@dataclass(frozen=True, slots=True)
class Context:
    """The world of an Api: its back end, its kinds, and everything that is passed in."""

    backend: Backend
    kinds: Kinds
    now: Callable[[], datetime]
    new_uid: Callable[[], str]
    suffix: Callable[[], str]
    admission: Sequence[Admission]
    settings: Mapping[str, str]
    warn: Callable[[str], None]
    dynamic: DynamicAdmission | None = None

    def kind(self, kind: Kind | str) -> Kind:
        return kind if isinstance(kind, Kind) else self.kinds.by_resource(kind)

    def record(self, kind: Kind, name: str, namespace: str) -> Record:
        """Raises ApiError NotFound."""
        record = self.backend.get(key_of(kind, name, namespace))
        if record is None:
            raise errors.not_found(kind.resource, name)
        return record

    def read(self, kind: Kind, obj: Object, validation: str) -> Object:
        """A client's object in the API's form, with its metadata there. Raises ApiError."""
        if validation not in VALIDATIONS:
            raise errors.bad_request(f"invalid fieldValidation: {validation}")
        decoded, warnings = schema_decode.decode(kind, obj, validation)
        for text in warnings:
            self.warn(text)
        decoded["apiVersion"], decoded["kind"] = kind.api_version, kind.kind
        decoded.setdefault("metadata", {})
        return decoded

    def admit(
        self, operation: str, kind: Kind, obj: Object | None, old: Object | None, subresource: str
    ) -> None:
        """Run the admission steps. Raises what they raise."""
        if not self.admission:
            return
        request = AdmissionRequest(self, operation, kind, obj, old, subresource)
        for step in self.admission:
            step.admit(request)

    def mutate(
        self,
        operation: str,
        kind: Kind,
        obj: Object | None,
        old: Object | None,
        subresource: str,
        dry_run: bool,
    ) -> None:
        """Let mutating webhooks change the object in place. Raises ApiError."""
        if self.dynamic is None:
            return

        def settle(made: Object) -> Object:
            decoded = self.read(kind, made, "Ignore")
            kind.default(decoded)
            return decoded

        request = AdmissionRequest(self, operation, kind, obj, old, subresource, dry_run)
        entries = obj["metadata"].get("managedFields") if obj is not None else None
        self.dynamic.mutate(request, settle)
        if obj is not None:
            tracking.after_admission(obj, entries, self.warn)

    def check(
        self,
        operation: str,
        kind: Kind,
        obj: Object | None,
        old: Object | None,
        subresource: str,
        dry_run: bool,
    ) -> None:
        """Ask validating webhooks and policies about a valid object. Raises ApiError."""
        if self.dynamic is not None:
            request = AdmissionRequest(self, operation, kind, obj, old, subresource, dry_run)
            self.dynamic.validate(request)

    def store(self, kind: Kind, obj: Object, expected: int) -> Object:
        """Write an object and give it its new resourceVersion. Raises StoreError."""
        value = encode(kind, obj)
        revision = self.write(to_write(kind, kind.key(obj), expected, obj, value))
        obj["metadata"]["resourceVersion"] = str(revision)
        return obj

    def write(self, write: Write) -> int:
        (revision,) = self.backend.write([write])
        return revision


class AdmissionRequest:
    """Implements `kctl.api.kind.Request`."""

    __slots__ = (
        "_context",
        "dry_run",
        "kind",
        "namespace",
        "obj",
        "old",
        "operation",
        "subresource",
    )

    def __init__(
        self,
        context: Context,
        operation: str,
        kind: Kind,
        obj: Object | None,
        old: Object | None,
        subresource: str,
        dry_run: bool = False,
    ) -> None:
        self._context = context
        self.dry_run = dry_run
        self.operation, self.kind, self.subresource = operation, kind, subresource
        self.obj, self.old = obj, old
        about = obj if obj is not None else old
        self.namespace: str = about["metadata"].get("namespace", "") if about else ""

    @property
    def user(self) -> User | None:
        return CURRENT.get()

    def kind_of(self, api_version: str, kind: str) -> Kind | None:
        try:
            return self._context.kinds.of({"apiVersion": api_version, "kind": kind})
        except errors.ApiError:
            return None

    def versions(self, group: str, plural: str) -> Sequence[str]:
        kinds = self._context.kinds
        return [each.version for each in kinds if (each.group, each.plural) == (group, plural)]

    def get(self, resource: str, namespace: str, name: str) -> Object | None:
        record = self._context.backend.get(Key(resource, namespace, name))
        return decode(record) if record is not None else None

    def list(self, resource: str, namespace: str | None = None) -> Sequence[Object]:
        page = self._context.backend.list(resource, namespace)
        return [decode(record) for record in page.records]

    def referring(self, ref: str) -> Sequence[Object]:
        return [decode(record) for record in self._context.backend.referring(ref)]

    def now(self) -> str:
        return now_text(self._context.now())

    def claims(self, prefix: str) -> set[str]:
        return self._context.backend.claims(prefix)

    def setting(self, name: str) -> str:
        return self._context.settings[name]

    def warn(self, message: str) -> None:
        self._context.warn(message)


def key_of(kind: Kind, name: str, namespace: str) -> Key:
    return Key(kind.resource, namespace if kind.namespaced else "", name)


def refuse(kind: Kind, obj: Object, causes: Sequence[FieldError]) -> None:
    """Raise the 422 with every cause, if there is any."""
    if causes:
        raise errors.invalid(kind.group, kind.kind, obj["metadata"].get("name", ""), causes)


def settle_namespace(kind: Kind, obj: Object, namespace: str | None) -> None:
    """Bring the object's namespace and the request's together
    (EnsureObjectNamespaceMatchesRequestNamespace)."""
    meta = obj["metadata"]
    if not kind.namespaced:
        meta.pop("namespace", None)
        return
    own = meta.get("namespace")
    if namespace and own and own != namespace:
        raise errors.bad_request(
            "the namespace of the provided object does not match the namespace sent on the request"
        )
    if not own:
        meta["namespace"] = namespace or "default"
