"""A request as webhooks and policies see it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from kctl.api.kind import Kind, Object, Request
from kctl.api.user import AUTHENTICATED, MASTERS, User

OWNER = User("kctl", (MASTERS, AUTHENTICATED))
"""Who asks where nobody logged in: the owner of the database, at the command line."""


class Attributes:
    """One request, with what several steps look up about it once."""

    def __init__(self, request: Request) -> None:
        self.request = request

    @property
    def kind(self) -> Kind:
        return self.request.kind

    @property
    def name(self) -> str:
        about = self.request.obj or self.request.old or {"metadata": {}}
        return about["metadata"].get("name") or ""

    @property
    def namespace(self) -> str:
        """Of the object; a Namespace counts as lying in itself."""
        if self.kind.resource == "namespaces":
            return self.name
        return self.request.namespace if self.kind.namespaced else ""

    @property
    def user(self) -> User:
        return self.request.user or OWNER

    @cached_property
    def namespace_object(self) -> Object | None:
        """None for what lies in no namespace."""
        if self.kind.resource == "namespaces":
            return self.request.obj or self.request.old
        if not self.namespace:
            return None
        return self.request.get("namespaces", "", self.namespace)

    def namespace_labels(self) -> Mapping[str, str] | None:
        if self.kind.resource != "namespaces" and not self.namespace:
            return None
        found = self.namespace_object
        return (found or {"metadata": {}})["metadata"].get("labels") or {}

    def versions(self, policy: str) -> list[str]:
        """Under which versions rules may name the kind; Equivalent: any that is served."""
        own = self.kind.version
        if policy == "Exact":
            return [own]
        others = self.request.versions(self.kind.group, self.kind.plural)
        return [own, *(each for each in others if each != own)]

    def review(self, uid: str, version: str) -> Object:
        """The `request` of an AdmissionReview."""
        request, kind = self.request, self.kind
        group_kind = {"group": kind.group, "version": version, "kind": kind.kind}
        group_resource = {"group": kind.group, "version": version, "resource": kind.plural}
        asked_kind = {**group_kind, "version": kind.version}
        asked_resource = {**group_resource, "version": kind.version}
        made: dict[str, Any] = {
            "uid": uid,
            "kind": group_kind,
            "resource": group_resource,
            "requestKind": asked_kind,
            "requestResource": asked_resource,
            "name": self.name,
            "operation": request.operation,
            "userInfo": self.user.info(),
            "object": _in_version(request.obj, kind, version),
            "oldObject": _in_version(request.old, kind, version),
            "dryRun": request.dry_run,
            "options": self._options(),
        }
        if self.namespace:
            made["namespace"] = self.namespace
        if request.subresource:
            made["subResource"] = made["requestSubResource"] = request.subresource
        return made

    def _options(self) -> Object:
        word = request_word(self.request.operation)
        options: Object = {"kind": f"{word}Options", "apiVersion": "meta.k8s.io/v1"}
        if self.request.dry_run:
            options["dryRun"] = ["All"]
        return options


def request_word(operation: str) -> str:
    return operation.capitalize()


def _in_version(obj: Object | None, kind: Kind, version: str) -> Object | None:
    if obj is None:
        return None
    api_version = f"{kind.group}/{version}" if kind.group else version
    return {**obj, "apiVersion": api_version, "kind": kind.kind}
