"""The kinds that a control plane serves, by every name that people give them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import orjson

from kctl.api.errors import ApiError
from kctl.api.kind import Kind, Object


class Kinds(Iterable[Kind]):
    """The served kinds, in the order of their registration. Where two plugins bring the
    same kind of the same group and version, the later one counts."""

    def __init__(self, kinds: Iterable[Kind], definitions: str = "0/0") -> None:
        """`definitions` tells of which state of the definitions of custom kinds they are
        (`kctl.api.crd.served.catalog_signature`)."""
        self._definitions = definitions
        by_gvk = {(each.group, each.version, each.kind): each for each in kinds}
        self._kinds = tuple(by_gvk.values())
        self._by_type = {(each.api_version, each.kind): each for each in self._kinds}
        self._by_path = {(each.group, each.version, each.plural): each for each in self._kinds}
        self._versions = {(each.group, each.version) for each in self._kinds}
        self._by_resource: dict[str, Kind] = {}
        self._names: dict[str, Kind] = {}
        for each in self._kinds:
            self._by_resource.setdefault(each.resource, each)
            self._add_names(each)

    def _add_names(self, kind: Kind) -> None:
        full = dict.fromkeys((kind.plural, kind.singular or kind.kind.lower(), kind.kind.lower()))
        for word in (*full, *kind.short_names, *kind.aliases):
            self._names.setdefault(word, kind)
            for suffix in (f".{kind.group}", f".{kind.version}.{kind.group}"):
                self._names.setdefault(word + suffix, kind)
            if not kind.group:
                self._names.setdefault(f"{word}.{kind.version}", kind)

    def __iter__(self) -> Iterator[Kind]:
        return iter(self._kinds)

    def __len__(self) -> int:
        return len(self._kinds)

    def current(self) -> Kinds:
        """The kinds as they are now, which stay as they are."""
        return self

    def resources(self) -> list[Kind]:
        """One kind for each resource, whatever the number of its versions."""
        return list(self._by_resource.values())

    def resolve(self, word: str) -> Kind | None:
        """By plural, singular, short name or kind, alone or with ".group" or
        ".version.group" behind it, in any case."""
        return self._names.get(word.lower())

    def of(self, obj: Object) -> Kind:
        """The kind of an object. Raises ApiError where it is not served."""
        api_version, kind = obj.get("apiVersion"), obj.get("kind")
        found = self._by_type.get((api_version, kind))  # type: ignore[arg-type]
        if found is None:
            raise no_match(str(kind or ""), str(api_version or ""))
        return found

    def by_resource(self, resource: str) -> Kind:
        """By "pods" or "deployments.apps". Raises ApiError where it is not served."""
        found = self._by_resource.get(resource) or self.resolve(resource)
        if found is None:
            raise ApiError(404, "NotFound", "the server could not find the requested resource")
        return found

    def served(self, group: str, version: str, plural: str) -> Kind | None:
        """By what stands in the path of a request."""
        return self._by_path.get((group, version, plural))

    def has_version(self, group: str, version: str) -> bool:
        return (group, version) in self._versions

    def category(self, word: str) -> list[Kind]:
        """The members of a category such as "all", each in the version that is preferred, []
        where nobody is in it."""
        return [each for each in self._by_resource.values() if word in each.categories]

    def catalog(self) -> str:
        """Compact JSON for the light reader: {"resources": [{resource, kind, group,
        version, namespaced, columns [[name, priority]], and where they are not empty
        singular, short, categories, since (`Kind.cells_since`)}], "definitions": ...}."""
        entries = [_entry(each) for each in self._kinds]
        return orjson.dumps({"resources": entries, "definitions": self._definitions}).decode()


def _entry(kind: Kind) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "resource": kind.resource,
        "kind": kind.kind,
        "group": kind.group,
        "version": kind.version,
        "namespaced": kind.namespaced,
        "columns": [[column.name, column.priority] for column in kind.columns],
    }
    if kind.singular and kind.singular != kind.kind.lower():
        entry["singular"] = kind.singular
    if kind.short_names:
        entry["short"] = list(kind.short_names)
    if kind.categories:
        entry["categories"] = list(kind.categories)
    if kind.cells_since:
        entry["since"] = kind.cells_since
    return entry


def no_match(kind: str, api_version: str) -> ApiError:
    """What a client says of an object whose kind nobody serves."""
    return ApiError(404, "NotFound", f'no matches for kind "{kind}" in version "{api_version}"')
