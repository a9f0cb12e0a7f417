"""Strategic merge patches, with every directive: $patch, $retainKeys, $setElementOrder,
$deleteFromPrimitiveList. Merge keys and strategies come from the schema table.

See https://kubernetes.io/docs/tasks/manage-kubernetes-objects/update-api-object-kubectl-patch/
and the sig-api-machinery notes on strategic merge patch.
"""

from __future__ import annotations

from typing import Any

from kctl.api.encode import copy
from kctl.api.patch import directives
from kctl.api.patch.directives import (
    DELETE_FROM,
    PATCH,
    RETAIN_KEYS,
    SET_ORDER,
    Map,
    find,
    key_of,
    lookup,
    ordered,
    same,
)
from kctl.api.patch.errors import PatchError, go_value
from kctl.api.schema.schema import Field


def apply(original: Map, patch: Map, schema: str) -> Map:
    """A new object. `schema` is the name of the definition. Raises PatchError."""
    merger = Merger(applies=True)
    return merger.map(copy(original), copy(patch), directives.root_type(schema))


def combine(first: Map, second: Map, schema: str) -> Map:
    """One patch that does what both do; directives are kept."""
    merger = Merger(applies=False)
    return merger.map(copy(first), copy(second), directives.root_type(schema))


class Merger:
    """Merges a patch into an object (applies) or into another patch (directives stay).

    The methods own their arguments: they change and return them.
    """

    def __init__(self, *, applies: bool) -> None:
        self._applies = applies

    def map(self, original: Map, patch: Map, type_: str) -> Map:
        if PATCH in patch:
            return _replaced(patch)
        self._retain_keys(original, patch)
        self._set_orders(original, patch, type_)
        for key, value in patch.items():
            name, deletes = key, key.startswith(DELETE_FROM)
            if deletes:
                if not self._applies:
                    original[key] = value
                    continue
                name = key.removeprefix(DELETE_FROM)
            if value is None:
                original.pop(name, None)
                if self._applies:
                    continue
            if name not in original or _shape(original[name]) != _shape(value):
                if not deletes:
                    original[name] = self._fresh(value)
                continue
            original[name] = self._value(
                original[name], value, lookup_for(type_, name, value), deletes
            )
        return original

    def _fresh(self, value: Any) -> Any:
        """A value that meets nothing: on applying, its nulls and directives go."""
        return without_directives(without_nulls(value)) if self._applies else value

    def _value(self, original: Any, value: Any, field: Field, deletes: bool) -> Any:
        if isinstance(value, dict):
            if field.strategy == "replace":
                return value
            return self.map(original, value, field.type)
        if isinstance(value, list):
            if deletes:
                return [each for each in original if find(value, each, "") < 0]
            return self.items(original, value, field)
        return value

    # --- lists ---

    def items(self, original: list[Any], patch: list[Any], field: Field) -> list[Any]:
        """A list by its strategy: merged, or replaced."""
        if not field.merges:
            return patch
        if not original and not patch:
            return original
        sample = (original or patch)[0]
        if not isinstance(sample, dict):
            return self._scalars(original, patch)
        if not field.merge_key:
            raise PatchError("cannot merge lists without merge key for []map[string]interface {}")
        server_order = original
        if self._applies:
            original, patch, replaces = _special(original, patch, field.merge_key)
            if replaces:
                return patch
        merged = self._maps(list(original), patch, field)
        return ordered(merged, patch, server_order, field.merge_key)

    def _scalars(self, original: list[Any], patch: list[Any]) -> list[Any]:
        merged: list[Any] = []
        for each in (*original, *patch):
            if find(merged, each, "") < 0:
                merged.append(each)
        return ordered(merged, patch, original, "")

    def _maps(self, merged: list[Any], patch: list[Any], field: Field) -> list[Any]:
        for item in patch:
            key_of(item, field.merge_key)
            at = find(merged, item, field.merge_key)
            if at < 0:
                merged.append(self._fresh(item))
            else:
                merged[at] = self.map(merged[at], item, field.item)
        return merged

    # --- directives ---

    def _retain_keys(self, original: Map, patch: Map) -> None:
        if RETAIN_KEYS not in patch:
            return
        keys = patch.pop(RETAIN_KEYS)
        if not isinstance(keys, list):
            raise PatchError("invalid patch format of retainKeys")
        if not self._applies:
            if original.get(RETAIN_KEYS, keys) != keys:
                raise PatchError(
                    f"patch contents {go_value(original[RETAIN_KEYS])} don't match retainKeys "
                    f"list {go_value(keys)}"
                )
            original[RETAIN_KEYS] = keys
            return
        for key, value in patch.items():
            name = key.removeprefix(SET_ORDER).removeprefix(DELETE_FROM)
            if value is not None and name not in keys:
                raise PatchError("invalid patch format of retainKeys")
        for key in [each for each in original if each not in keys]:
            del original[key]

    def _set_orders(self, original: Map, patch: Map, type_: str) -> None:
        for key in [each for each in patch if each.startswith(SET_ORDER)]:
            order = patch.pop(key)
            if not isinstance(order, list):
                raise PatchError("invalid patch format of setElementOrder list")
            if not self._applies:
                if original.setdefault(key, order) != order:
                    raise PatchError(
                        f"{key} in two patches differ: {go_value(original[key])} and "
                        f"{go_value(order)}"
                    )
                continue
            name = key.removeprefix(SET_ORDER)
            field = lookup(type_, name)
            changed = patch.pop(name, None) if isinstance(patch.get(name), list) else None
            _check_order(changed, order, field.merge_key)
            before = original.get(name)
            if before is None and changed is None:
                continue
            if before is None:
                merged = without_directives(changed)
            elif changed is None:
                merged = before
            else:
                merged = self.items(list(before), changed, field)
            if not field.merges:
                original[name] = merged
                continue
            original[name] = ordered(merged, order, before or [], field.merge_key)


def lookup_for(type_: str, key: str, value: Any) -> Field:
    """Scalars need no schema, so an unknown one is left to the decoder to tell."""
    return lookup(type_, key) if isinstance(value, dict | list) else directives.FREE


def _shape(value: Any) -> type:
    return dict if isinstance(value, dict) else list if isinstance(value, list) else object


def _replaced(patch: Map) -> Map:
    """A map whose $patch says "replace" or "delete"."""
    directive = patch.pop(PATCH)
    if directive == "replace":
        return patch
    if directive == "delete":
        return {}
    raise PatchError(f"unknown patch type: {go_value(directive)} in map: {go_value(patch)}")


def _special(
    original: list[Any], patch: list[Any], merge_key: str
) -> tuple[list[Any], list[Any], bool]:
    """Carry out the list elements that are directives. The third says that the list is
    replaced as a whole."""
    kept, replaces = [], False
    for item in patch:
        if not isinstance(item, dict):
            raise PatchError(
                f"map: {go_value(item)} does not contain declared merge key: {merge_key}"
            )
        directive = item.get(PATCH)
        if directive is None:
            kept.append(item)
        elif directive == "delete":
            wanted = key_of(item, merge_key)
            original = [
                each
                for each in original
                if not (isinstance(each, dict) and same(each.get(merge_key), wanted))
            ]
        elif directive == "replace":
            replaces = True
        elif directive == "merge":
            raise PatchError("merging lists cannot yet be specified in the patch")
        else:
            raise PatchError(f"unknown patch type: {go_value(directive)} in map: {go_value(item)}")
    return original, kept, replaces


def _check_order(changed: list[Any] | None, order: list[Any], merge_key: str) -> None:
    """The elements of a patch stand in the order that its $setElementOrder list gives."""
    if not changed:
        return
    listed = [each for each in changed if not (isinstance(each, dict) and PATCH in each)]
    places = [find(order, each, merge_key) for each in listed]
    if -1 in places or places != sorted(places):
        raise PatchError(
            f"The order in patch list:\n{go_value(listed)}\n doesn't match $setElementOrder "
            f"list:\n{go_value(order)}\n"
        )


def without_nulls(value: Any) -> Any:
    """Maps lose the members that are null, wherever no list comes between."""
    if isinstance(value, dict):
        return {key: without_nulls(each) for key, each in value.items() if each is not None}
    return value


def without_directives(value: Any) -> Any:
    """What remains of a patch where there was nothing to patch."""
    if isinstance(value, dict):
        return {
            key: without_directives(each)
            for key, each in value.items()
            if not key.startswith((SET_ORDER, DELETE_FROM)) and key not in (PATCH, RETAIN_KEYS)
        }
    if isinstance(value, list):
        kept = [
            each
            for each in value
            if not (isinstance(each, dict) and each.get(PATCH) in ("delete", "replace"))
        ]
        return [without_directives(each) for each in kept]
    return value
