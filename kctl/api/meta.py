"""Metadata of every object: its rules (ValidateObjectMeta) and what only the API sets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kctl.api import names
from kctl.api.fields import FieldError, forbidden, invalid, required, too_long
from kctl.api.kind import Kind, Object

FOREGROUND = "foregroundDeletion"
ORPHAN = "orphan"
ANNOTATIONS_LIMIT = 256 * 1024
_IMMUTABLE = (
    "name",
    "namespace",
    "uid",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
)


def validate_create(kind: Kind, obj: Object) -> list[FieldError]:
    """ValidateObjectMeta, after a name was generated."""
    meta = obj["metadata"]
    rule = names.RULES[kind.name_rule]
    errors: list[FieldError] = []
    generate = meta.get("generateName")
    if generate:
        wrong = names.prefix_rule(rule)(generate)
        errors += [invalid("metadata.generateName", generate, text) for text in wrong]
    name = meta.get("name")
    if not name:
        errors.append(required("metadata.name", "name or generateName is required"))
    else:
        errors += [invalid("metadata.name", name, text) for text in rule(name)]
    if kind.namespaced:
        errors += _namespace(meta.get("namespace"))
    return errors + common(meta)


def _namespace(namespace: str | None) -> list[FieldError]:
    if not namespace:
        return [required("metadata.namespace")]
    return [invalid("metadata.namespace", namespace, text) for text in names.dns_label(namespace)]


def common(meta: Mapping[str, Any]) -> list[FieldError]:
    """What holds for the metadata of objects inside of objects too."""
    errors: list[FieldError] = []
    generation = meta.get("generation", 0)
    if generation < 0:
        text = "must be greater than or equal to 0"
        errors.append(invalid("metadata.generation", generation, text))
    if meta.get("labels"):
        errors += _labels(meta["labels"])
    if meta.get("annotations"):
        errors += _annotations(meta["annotations"])
    if meta.get("ownerReferences"):
        errors += _owners(meta["ownerReferences"])
    if meta.get("finalizers"):
        errors += _finalizers(meta["finalizers"])
    return errors


def _labels(labels: Mapping[str, str]) -> list[FieldError]:
    errors: list[FieldError] = []
    for key, value in labels.items():
        errors += [invalid("metadata.labels", key, text) for text in names.qualified_name(key)]
        errors += [invalid("metadata.labels", value, text) for text in names.label_value(value)]
    return errors


def _annotations(annotations: Mapping[str, str]) -> list[FieldError]:
    errors: list[FieldError] = []
    size = 0
    for key, value in annotations.items():
        wrong = names.qualified_name(key.lower())
        errors += [invalid("metadata.annotations", key, text) for text in wrong]
        size += len(key.encode()) + len(value.encode())
    if size > ANNOTATIONS_LIMIT:
        errors.append(too_long("metadata.annotations", ANNOTATIONS_LIMIT))
    return errors


def _owners(owners: Sequence[Mapping[str, Any]]) -> list[FieldError]:
    path = "metadata.ownerReferences"
    errors: list[FieldError] = []
    controller = ""
    for owner in owners:
        if not owner.get("apiVersion"):
            errors.append(invalid(f"{path}.apiVersion", "", "version must not be empty"))
        for field in ("kind", "name", "uid"):
            if not owner.get(field):
                errors.append(invalid(f"{path}.{field}", "", "must not be empty"))
        if (owner.get("apiVersion"), owner.get("kind")) == ("v1", "Event"):
            text = "/v1, Kind=Event is disallowed from being an owner"
            errors.append(invalid(path, dict(owner), text))
        if owner.get("controller"):
            name = f"{owner.get('kind')}/{owner.get('name')}"
            if controller:
                errors.append(invalid(path, list(owners), _two_controllers(controller, name)))
            else:
                controller = name
    return errors


def _two_controllers(first: str, second: str) -> str:
    return (
        "Only one reference can have Controller set to true. "
        f'Found "true" in references for {first} and {second}'
    )


def _finalizers(finalizers: Sequence[str]) -> list[FieldError]:
    path = "metadata.finalizers"
    errors = [
        invalid(path, each, text) for each in finalizers for text in names.qualified_name(each)
    ]
    if FOREGROUND in finalizers and ORPHAN in finalizers:
        text = f"finalizer {ORPHAN} and {FOREGROUND} cannot be both set"
        errors.append(invalid(path, list(finalizers), text))
    return errors


def validate_update(new: Object, old: Object) -> list[FieldError]:
    """ValidateObjectMetaUpdate: what can no longer change, and the rules of `validate_create`
    that still matter."""
    before, after = old["metadata"], new["metadata"]
    errors: list[FieldError] = []
    if before.get("deletionTimestamp"):
        errors += _new_finalizers(after.get("finalizers") or (), before.get("finalizers") or ())
    if after.get("generation", 0) < before.get("generation", 0):
        text = "must not be decremented"
        errors.append(invalid("metadata.generation", after.get("generation", 0), text))
    for field in _IMMUTABLE:
        if after.get(field) != before.get(field):
            errors.append(invalid(f"metadata.{field}", after.get(field), "field is immutable"))
    return errors + common(after)


def _new_finalizers(new: Sequence[str], old: Sequence[str]) -> list[FieldError]:
    extra = sorted(set(new) - set(old))
    if not extra:
        return []
    shown = ", ".join(f'"{each}"' for each in extra)
    return [
        forbidden(
            "metadata.finalizers",
            "no new finalizers can be added if the object is being deleted, found new "
            f"finalizers []string{{{shown}}}",
        )
    ]


def keep_system_fields(new: Object, old: Object) -> None:
    """Carry over what an update may leave out (rest.BeforeUpdate): identity, birth, and the
    state of a deletion."""
    before, after = old["metadata"], new["metadata"]
    for field in ("uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds"):
        if before.get(field) is not None and after.get(field) is None:
            after[field] = before[field]
    for field in ("generation", "selfLink"):
        after.pop(field, None)
        if field in before:
            after[field] = before[field]
