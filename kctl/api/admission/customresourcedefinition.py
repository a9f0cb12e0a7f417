"""Definitions of custom kinds are accepted at once: their status needs no controller.

What the API server's naming and establishing controllers do, inside of the request: names
that another definition of the group holds are refused by a condition, not by an error.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kctl.api.crd.kinds import RESOURCE
from kctl.api.kind import Object, Request
from kctl.api.kinds.apiextensions.customresourcedefinition import FINALIZER, claimed, claims_of
from kctl.api.kinds.cells import part

_WORDS = (
    ("plural", "name/", "PluralConflict"),
    ("singular", "name/", "SingularConflict"),
    ("shortNames", "name/", "ShortNamesConflict"),
    ("kind", "kind/", "KindConflict"),
    ("listKind", "kind/", "ListKindConflict"),
)
_NOT_ACCEPTED = "not all names are accepted"


class CustomResourceNames:
    """Sets status.acceptedNames, the conditions, storedVersions and the finalizer."""

    name = "CustomResourceDefinition"

    def admit(self, request: Request) -> None:
        if request.kind.resource != RESOURCE or request.obj is None or request.subresource:
            return
        new, old = request.obj, request.old
        if old is None:
            new["status"] = {}
            finalizers = new["metadata"].get("finalizers") or []
            if FINALIZER not in finalizers:
                new["metadata"]["finalizers"] = [*finalizers, FINALIZER]
        if not new["spec"].get("names") or not new["spec"].get("versions"):
            return  # validation tells of it
        status = part(new, "status")
        since = new["metadata"].get("creationTimestamp") if old is None else _now(request)
        _settle_names(new, status, request.claims(claims_of(new)), str(since))
        _store_version(new, status)


def _now(request: Request) -> str:
    """The time of an update; requests carry the clock of their Api."""
    return request.now()


def _settle_names(obj: Object, status: Object, held: set[str], since: str) -> None:
    wanted = obj["spec"]["names"]
    accepted = dict(status.get("acceptedNames") or {})
    own = claimed(accepted)
    prefix = claims_of(obj)
    taken = {each.removeprefix(prefix) for each in held} - own
    reason, texts = "", list[str]()
    for field, kind, why in _WORDS:
        conflicts = [
            f'"{word}" is already in use'
            for word in _words(wanted.get(field))
            if kind + word in taken
        ]
        if conflicts:
            reason, texts = why, conflicts
        elif wanted.get(field):
            accepted[field] = wanted[field]
        else:
            accepted.pop(field, None)
    if wanted.get("categories"):
        accepted["categories"] = list(wanted["categories"])
    else:
        accepted.pop("categories", None)
    status["acceptedNames"] = {"plural": "", "kind": "", **accepted}
    if reason:
        _set(status, "NamesAccepted", "False", reason, ", ".join(texts), since)
        if not _is(status, "Established"):
            _set(status, "Established", "False", "NotAccepted", _NOT_ACCEPTED, since)
        return
    _set(status, "NamesAccepted", "True", "NoConflicts", "no conflicts found", since)
    if not _is(status, "Established"):
        text = "the initial names have been accepted"
        _set(status, "Established", "True", "InitialNamesAccepted", text, since)


def _words(value: Any) -> Sequence[str]:
    if isinstance(value, str):
        return (value,)
    return value or ()


def _is(status: Object, type_: str) -> bool:
    return any(
        each.get("type") == type_ and each.get("status") == "True"
        for each in status.get("conditions") or ()
    )


def _set(status: Object, type_: str, value: str, reason: str, message: str, since: str) -> None:
    conditions = status.setdefault("conditions", [])
    wanted = {
        "type": type_,
        "status": value,
        "lastTransitionTime": since,
        "reason": reason,
        "message": message,
    }
    for at, each in enumerate(conditions):
        if each.get("type") == type_:
            if each.get("status") == value:
                wanted["lastTransitionTime"] = each.get("lastTransitionTime") or since
            conditions[at] = wanted
            return
    conditions.append(wanted)


def _store_version(obj: Object, status: Object) -> None:
    stored = status.setdefault("storedVersions", [])
    for each in obj["spec"]["versions"]:
        if each.get("storage") and each.get("name") and each["name"] not in stored:
            stored.append(each["name"])
