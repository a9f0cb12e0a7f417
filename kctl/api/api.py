"""The API server as a library: the verbs on objects, over any back end.

The CLI, the HTTP server and the controllers all write through this class, so they
cannot disagree about defaults, rules and errors. It works alike on the store and on an
in-memory back end such as a pass's overlay.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from kctl.api.admission.dynamic import DynamicAdmission
from kctl.api.context import Context
from kctl.api.encode import decode
from kctl.api.kind import Admission, Kind, Object
from kctl.api.registry import Kinds
from kctl.api.verbs import apply as applying
from kctl.api.verbs import binding, create, delete, eviction, read, scale, update
from kctl.api.verbs import patch as patching
from kctl.api.verbs.read import ObjectList, Selection, WatchEvent
from kctl.api.verbs.writer import Writer
from kctl.store.types import Backend

__all__ = ["Api", "ObjectList", "WatchEvent"]

Objects = list[Object]


def _no_warning(message: str) -> None:
    """Warnings are for whoever asks for them."""


class Api:
    """The verbs. Every method raises `kctl.api.errors.ApiError` with Kubernetes' texts.

    A kind is given as `Kind` or as a resource ("pods", "deployments.apps"). suffix makes
    the five characters behind a generateName; warn gets each warning for the client; dynamic
    asks webhooks and policies.
    Objects that are passed in are never changed.
    """

    def __init__(
        self,
        backend: Backend,
        kinds: Kinds,
        *,
        now: Callable[[], datetime],
        new_uid: Callable[[], str],
        suffix: Callable[[], str],
        admission: Sequence[Admission] = (),
        settings: Mapping[str, str] = {},
        warn: Callable[[str], None] = _no_warning,
        dynamic: DynamicAdmission | None = None,
    ) -> None:
        self.kinds = kinds
        self._context = Context(
            backend, kinds, now, new_uid, suffix, tuple(admission), settings, warn, dynamic
        )

    # --- writes ---

    def create(
        self,
        obj: Object,
        *,
        namespace: str | None = None,
        dry_run: bool = False,
        validation: str = "Strict",
        manager: str = "",
    ) -> Object:
        """The object as stored. `namespace` is that of the request. validation is "Strict"
        (unknown fields are refused), "Warn" or "Ignore". `manager` owns what it writes in
        metadata.managedFields; where there is none, nobody is told apart."""
        writer = Writer(manager)
        return create.create(self._context, obj, namespace, dry_run, validation, writer)

    def update(
        self,
        obj: Object,
        *,
        subresource: str = "",
        dry_run: bool = False,
        validation: str = "Strict",
        manager: str = "",
    ) -> Object:
        """Replace an object, or its "status", or a namespace's finalizers ("finalize").
        With metadata.resourceVersion the update is refused where the object has changed
        since; without, it applies to whatever is there."""
        writer = Writer(manager)
        return update.update(self._context, obj, subresource, dry_run, validation, writer)

    def patch(
        self,
        kind: Kind | str,
        name: str,
        namespace: str,
        patch: Any,
        patch_type: str,
        *,
        subresource: str = "",
        dry_run: bool = False,
        validation: str = "Strict",
        manager: str = "",
    ) -> Object:
        """`patch` is decoded JSON; patch_type is "strategic", "merge" or "json". Tried again
        on a conflict as long as the patch names no resourceVersion."""
        request = patching.Request(name, namespace, patch, patch_type, subresource)
        writer = Writer(manager)
        found = self._context.kind(kind)
        return patching.patch(self._context, found, request, dry_run, validation, writer)

    def apply(
        self,
        kind: Kind | str,
        name: str,
        namespace: str,
        config: Any,
        *,
        manager: str,
        force: bool = False,
        subresource: str = "",
        dry_run: bool = False,
        validation: str = "Strict",
    ) -> Object:
        """Server-side apply: create the object or merge `config` into it, own the fields of
        `config`, and drop those that `manager` applied before and nobody owns any more.
        Fields of others are a conflict (409), unless `force` takes them. subresource is "",
        "status" or "scale" (config and result are a Scale then)."""
        request = applying.Request(name, namespace, config, manager, force, subresource)
        return applying.apply(self._context, self._context.kind(kind), request, dry_run, validation)

    def delete(
        self,
        kind: Kind | str,
        name: str,
        namespace: str = "",
        *,
        propagation: str | None = None,
        grace: int | None = None,
        uid: str | None = None,
        resource_version: str | None = None,
        dry_run: bool = False,
    ) -> Object:
        """The object as it was last, or as it waits for its grace or its finalizers (then it
        has a deletionTimestamp and is still there). propagation is "Foreground",
        "Background", "Orphan" or None; uid and resource_version are preconditions."""
        options = delete.Options(propagation, grace, uid, resource_version, dry_run)
        return delete.delete(self._context, self._context.kind(kind), name, namespace, options)

    def delete_collection(
        self,
        kind: Kind | str,
        namespace: str | None = None,
        *,
        label_selector: str = "",
        field_selector: str = "",
        propagation: str | None = None,
        grace: int | None = None,
        dry_run: bool = False,
    ) -> Objects:
        """Delete whatever the selectors match; what is gone meanwhile is left out."""
        found = self._context.kind(kind)
        options = delete.Options(propagation, grace, dry_run=dry_run)
        listed = self.list(
            found, namespace, label_selector=label_selector, field_selector=field_selector
        )
        return delete.delete_all(self._context, found, listed.items, options)

    def evict(
        self, name: str, namespace: str, body: Object | None = None, *, dry_run: bool = False
    ) -> Object:
        """Delete a pod if its PodDisruptionBudget allows it now. `body` is a policy/v1
        Eviction, whose deleteOptions are those of the delete; answers the Status."""
        return eviction.evict(self._context, name, namespace, body, dry_run)

    def bind(self, name: str, namespace: str, body: Object, *, dry_run: bool = False) -> Object:
        """Put a pod on the node that `body`, a v1 Binding, names; answers the Status."""
        return binding.bind(self._context, name, namespace, body, dry_run)

    # --- reads ---

    def get_json(self, kind: Kind, name: str, namespace: str = "") -> bytes:
        """`get` as JSON, made of the stored text without decoding it."""
        return read.as_json(kind, self._context.record(kind, name, namespace))

    def get(self, kind: Kind | str, name: str, namespace: str = "") -> Object:
        found = self._context.kind(kind)
        return decode(self._context.record(found, name, namespace), found)

    def list(
        self,
        kind: Kind | str,
        namespace: str | None = None,
        *,
        label_selector: str = "",
        field_selector: str = "",
        limit: int = 0,
        continue_: str = "",
        revision: int | None = None,
    ) -> ObjectList:
        """The objects of a namespace, or of all where it is None or "". `limit` and
        `continue_` page through one revision; `revision` reads the past."""
        found = self._context.kind(kind)
        selection = Selection(found, label_selector, field_selector)
        return read.list_objects(
            self._context, found, namespace, selection, limit, continue_, revision
        )

    def watch(
        self,
        kind: Kind | str,
        namespace: str | None = None,
        *,
        since: int,
        label_selector: str = "",
        field_selector: str = "",
    ) -> Iterator[WatchEvent]:
        """One batch: what happened after revision `since`. Raises 410 where the log no longer
        reaches back so far. Needs a back end with a log (the store, MemoryBackend)."""
        found = self._context.kind(kind)
        selection = Selection(found, label_selector, field_selector)
        return read.watch(self._context, found, namespace, since, selection)

    # --- the scale subresource ---

    def get_scale(self, kind: Kind | str, name: str, namespace: str = "") -> Object:
        """An autoscaling/v1 Scale."""
        return scale.get_scale(self._context, self._context.kind(kind), name, namespace)

    def update_scale(
        self,
        kind: Kind | str,
        name: str,
        namespace: str,
        scale_object: Object,
        *,
        dry_run: bool = False,
        manager: str = "",
    ) -> Object:
        """Set spec.replicas; metadata.resourceVersion of the Scale is a precondition."""
        found, writer = self._context.kind(kind), Writer(manager)
        return scale.update_scale(
            self._context, found, name, namespace, scale_object, dry_run, writer
        )
