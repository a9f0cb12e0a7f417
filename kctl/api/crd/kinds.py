"""The kinds that a CustomResourceDefinition brings: one for each version that it serves."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from kctl.api.crd.columns import columns, getter
from kctl.api.crd.structure import OPEN, Structure, fill_defaults
from kctl.api.crd.validation import validate_create, validate_update
from kctl.api.errors import ApiError
from kctl.api.kind import Kind, Object, Scale

RESOURCE = "customresourcedefinitions.apiextensions.k8s.io"
_VERSION = re.compile(r"v(\d+)(?:(alpha|beta)(\d+))?")


def priority(version: str) -> tuple[int, int, int, str]:
    """Sorts versions as discovery does: v10, v2, v1, v11beta2, v3alpha1, and then words."""
    found = _VERSION.fullmatch(version)
    if found is None:
        return (3, 0, 0, version)
    major, stage, minor = found.groups()
    rank = {None: 0, "beta": 1, "alpha": 2}[stage]
    return (rank, -int(major), -int(minor or 0), "")


def kinds(definition: Object) -> list[Kind]:
    """The preferred version first; none where the definition is not established."""
    spec = definition["spec"]
    status = definition.get("status") or {}
    if not _is_true(status, "Established"):
        return []
    served = [each for each in spec["versions"] if each.get("served")]
    stored = next((each["name"] for each in spec["versions"] if each.get("storage")), "")
    names = _names(spec["names"], status.get("acceptedNames") or {})
    ordered = sorted(served, key=lambda each: priority(each["name"]))
    if not ordered:
        return []
    first = columns(ordered[0])
    return [_kind(definition, names, each, stored, first[1]) for each in ordered]


def _names(wanted: Mapping[str, Any], accepted: Mapping[str, Any]) -> Mapping[str, Any]:
    """Those that were accepted; whoever writes a status can give a kind no other identity."""
    identity = ("plural", "kind")
    if any(accepted.get(name) != wanted[name] for name in identity):
        return wanted
    return accepted


def _is_true(status: Mapping[str, Any], type_: str) -> bool:
    return any(
        each.get("type") == type_ and each.get("status") == "True"
        for each in status.get("conditions") or ()
    )


def _kind(
    definition: Object, names: Mapping[str, Any], version: Object, stored: str, row: Any
) -> Kind:
    spec = definition["spec"]
    schema = (version.get("schema") or {}).get("openAPIV3Schema")
    structure = Structure(schema) if schema else OPEN
    subresources = version.get("subresources") or {}
    shown, own_row = columns(version)
    has_status = "status" in subresources
    name, plural, group = version["name"], names["plural"], spec["group"]
    return Kind(
        group=group,
        version=name,
        kind=names["kind"],
        plural=plural,
        singular=names.get("singular") or names["kind"].lower(),
        short_names=tuple(names.get("shortNames") or ()),
        categories=tuple(names.get("categories") or ()),
        namespaced=spec["scope"] == "Namespaced",
        schema=f"crd:{plural}.{group}/{name}",
        columns=shown,
        row=own_row,
        name_rule="subdomain",
        default=partial(_default, structure),
        prepare_create=_preparer(definition, has_status),
        prepare_update=_keep_status if has_status else _as_it_is,
        prepare_status=_metadata_stays,
        validate_create=partial(validate_create, structure),
        validate_update=partial(validate_update, structure),
        has_status=has_status,
        has_generation=True,
        scale=_scale(subresources.get("scale")),
        selectable=_selectable(version),
        structure=structure,
        stored_version="" if stored == name else stored,
        stored_row=row,
        cells_since=int(definition["metadata"].get("resourceVersion") or 1),
    )


def _default(structure: Structure, obj: Object) -> None:
    body = {name: item for name, item in obj.items() if name not in _HEAD}
    fill_defaults(body, structure)
    for name in [name for name in obj if name not in _HEAD and name not in body]:
        del obj[name]
    obj.update({name: item for name, item in body.items() if name not in _HEAD})


_HEAD = ("apiVersion", "kind", "metadata")


def _preparer(definition: Object, has_status: bool) -> Callable[[Object], None]:
    ending = bool(definition["metadata"].get("deletionTimestamp"))

    def prepare(obj: Object) -> None:
        if ending:
            text = "create not allowed while custom resource definition is terminating"
            raise ApiError(405, "MethodNotAllowed", text)
        if has_status:
            obj.pop("status", None)

    return prepare


def _keep_status(new: Object, old: Object) -> None:
    new.pop("status", None)
    if "status" in old:
        new["status"] = old["status"]


def _as_it_is(new: Object, old: Object) -> None:
    """Without a status subresource, status is a field like any other."""


def _metadata_stays(new: Object, old: Object) -> None:
    """A status update of a custom object changes nothing of its metadata."""
    if new.get("status") == {} and "status" not in old:
        del new["status"]
    for field in ("annotations", "finalizers"):
        new["metadata"].pop(field, None)
        if field in old["metadata"]:
            new["metadata"][field] = old["metadata"][field]


def _scale(declared: Mapping[str, Any] | None) -> Scale | None:
    if declared is None:
        return None
    return Scale(
        declared["specReplicasPath"].lstrip("."),
        declared["statusReplicasPath"].lstrip("."),
        (declared.get("labelSelectorPath") or "").lstrip("."),
    )


def _selectable(version: Object) -> Callable[[Object], Mapping[str, str]]:
    fields = [
        (each["jsonPath"].lstrip("."), getter(each["jsonPath"]))
        for each in version.get("selectableFields") or ()
    ]

    def values(obj: Object) -> Mapping[str, str]:
        return {path: _word(get(obj)) for path, get in fields}

    return values


def _word(values: list[Any]) -> str:
    if not values:
        return ""
    value = values[0]
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
