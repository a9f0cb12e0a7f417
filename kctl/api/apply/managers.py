"""metadata.managedFields: who owns which fields, since when, by which operation."""

from __future__ import annotations

from typing import Any, NamedTuple

from kctl.api.apply.fields import Fields, read, union
from kctl.api.fields import FieldError, invalid, too_long

APPLY, UPDATE = "Apply", "Update"
ANCIENT = "ancient-changes"
BEFORE_FIRST_APPLY = "before-first-apply"
MAX_UPDATERS = 10
MAX_NAME = 128
RESET: list[dict[str, Any]] = [{}]
"""What a client sends to have all entries forgotten."""


class Manager(NamedTuple):
    """What tells managers apart. For Apply api_version is "": one entry, whatever version
    was applied last."""

    name: str
    operation: str
    api_version: str = ""
    subresource: str = ""


class Entry(NamedTuple):
    """What a manager owns. `time` is RFC 3339 in whole seconds, "" where nobody knows."""

    fields: Fields
    api_version: str
    time: str = ""


Managed = dict[Manager, Entry]


def updater(name: str, api_version: str, subresource: str) -> Manager:
    return Manager(name or "unknown", UPDATE, api_version, subresource)


def decode(entries: list[dict[str, Any]], *, trusted: bool) -> Managed:
    """The entries of an object. `trusted` ones were stored by `encode`; those of a client
    are checked and brought into the form that is kept. Raises ValueError."""
    managed: Managed = {}
    for at, entry in enumerate(entries):
        if not trusted:
            _check(at, entry)
        operation, version = entry["operation"], entry["apiVersion"]
        fields = entry.get("fieldsV1") or {}
        manager = Manager(
            entry.get("manager", ""),
            operation,
            "" if operation == APPLY else version,
            entry.get("subresource", ""),
        )
        kept = fields if trusted else read(fields)
        managed[manager] = Entry(kept, version, entry.get("time") or "")
    return managed


def _check(at: int, entry: dict[str, Any]) -> None:
    if entry.get("operation") not in (APPLY, UPDATE):
        raise ValueError("operation must be `Apply` or `Update`")
    if not entry.get("apiVersion"):
        raise ValueError("apiVersion must not be empty")
    if entry.get("fieldsType") != "FieldsV1":
        raise ValueError(f"invalid fieldsType in managed fields entry {at}")


def encode(managed: Managed) -> list[dict[str, Any]]:
    """The entries as an object carries them, in Kubernetes' order: appliers first, then by
    time and name."""
    ordered = sorted(
        managed.items(),
        key=lambda pair: (
            pair[0].operation,
            pair[1].time,
            pair[0].name,
            pair[1].api_version,
            pair[0].subresource,
        ),
    )
    return [_entry(manager, entry) for manager, entry in ordered]


def _entry(manager: Manager, entry: Entry) -> dict[str, Any]:
    result: dict[str, Any] = {
        "manager": manager.name,
        "operation": manager.operation,
        "apiVersion": entry.api_version,
        "time": entry.time,
        "fieldsType": "FieldsV1",
        "fieldsV1": entry.fields,
        "subresource": manager.subresource,
    }
    for name in ("time", "subresource"):
        if not result[name]:
            del result[name]
    return result


def capped(managed: Managed) -> Managed:
    """With as many updaters as may be: the oldest become one "ancient-changes" for each
    version (capUpdateManagers)."""
    updaters = [each for each in managed if each.operation == UPDATE]
    if len(updaters) <= MAX_UPDATERS:
        return managed
    updaters.sort(key=lambda each: (managed[each].time, each))
    kept, count = dict(managed), len(updaters)
    first: dict[str, Manager] = {}
    for each in updaters:
        if count <= MAX_UPDATERS:
            break
        entry = kept[each]
        version = entry.api_version
        if version not in first:
            first[version] = each
            continue
        bucket = Manager(ANCIENT, UPDATE, version)
        if bucket not in kept:
            kept[bucket] = kept.pop(first[version])
        fields = union(entry.fields, kept[bucket].fields)
        if each != bucket:
            del kept[each]
        kept[bucket] = Entry(fields, version, entry.time)
        count -= 1
    return kept


def name_errors(name: str, path: str) -> list[FieldError]:
    """ValidateFieldManager."""
    if name.isascii() and name.isprintable() and len(name) <= MAX_NAME:
        return []
    errors = []
    if len(name.encode()) > MAX_NAME:
        errors.append(too_long(path, MAX_NAME))
    position = 0
    for each in name:
        if not each.isprintable():
            shown = f"U+{ord(each):04X}"
            errors.append(
                invalid(path, name, f"invalid character {shown} (at position {position})")
            )
        position += len(each.encode(errors="surrogatepass"))
    return errors
