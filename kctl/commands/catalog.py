"""The kinds that this control plane serves, as the light reader knows them.

`kctl.api.registry` writes the catalog into the store when a control plane is opened, so
that `kctl get po` needs no kind's module, and no plugin's either.
"""

from __future__ import annotations

from kctl.light_json import loads

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Resource:
    """One served kind: its names, and the columns of its table as (name, priority)."""

    __slots__ = (
        "categories",
        "columns",
        "group",
        "kind",
        "namespaced",
        "plural",
        "resource",
        "short_names",
        "since",
        "singular",
        "version",
    )

    def __init__(self, entry: dict[str, Any]) -> None:
        self.resource: str = entry["resource"]
        self.kind: str = entry["kind"]
        self.group: str = entry["group"]
        self.version: str = entry["version"]
        self.namespaced: bool = entry["namespaced"]
        self.columns: list[tuple[str, int]] = [(name, rank) for name, rank in entry["columns"]]
        self.categories: list[str] = entry.get("categories", [])
        self.short_names: list[str] = entry.get("short", [])
        self.since: int = entry.get("since", 0)
        """Of a custom kind: stored cells of an older revision are of other columns."""
        self.plural = self.resource.partition(".")[0]
        self.singular: str = entry.get("singular") or self.kind.lower()

    @property
    def api_version(self) -> str:
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def type_name(self) -> str:
        """ "pod", "deployment.apps": how messages call one object's type."""
        lower = self.kind.lower()
        return f"{lower}.{self.group}" if self.group else lower

    def named(self, name: str) -> str:
        """ "deployment.apps/web"."""
        return f"{self.type_name}/{name}"


class Catalog:
    """Every resource by every name that people give it."""

    def __init__(self, text: str) -> None:
        read = loads(text)
        self.resources = [Resource(entry) for entry in read["resources"]]
        self.definitions: str = read.get("definitions", "0/0")
        """How many definitions of custom kinds it knows, and the newest revision of one."""
        self._names: dict[str, Resource] = {}
        for each in self.resources:
            lower = each.kind.lower()
            for word in (each.plural, each.singular, lower, *each.short_names):
                self._names.setdefault(word, each)
            if each.group:
                for word in (each.plural, each.singular, lower):
                    self._names[f"{word}.{each.group}"] = each
                    self._names[f"{word}.{each.version}.{each.group}"] = each
            else:
                for word in (each.plural, each.singular, lower):
                    self._names[f"{word}.{each.version}"] = each
                    self._names[f"{word}.{each.version}."] = each

    def resolve(self, word: str) -> Resource | None:
        """By plural, singular, short name or kind, with a group or version and group."""
        return self._names.get(word.lower())

    def of(self, obj: dict[str, Any]) -> Resource | None:
        """The resource of an object, by its apiVersion and kind."""
        for each in self.resources:
            if each.kind == obj.get("kind") and each.api_version == obj.get("apiVersion"):
                return each
        return None

    def category(self, word: str) -> list[Resource]:
        """The members of a category ("all"), each in the version that is preferred, [] where
        there is none of that name."""
        members: dict[str, Resource] = {}
        for each in self.resources:
            if word in each.categories:
                members.setdefault(each.resource, each)
        return list(members.values())
