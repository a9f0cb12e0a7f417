"""What `auth reconcile` does with one role or binding: widen it, or narrow it too.

Pure: from the object that is there and the one that is wanted to the object that should be.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from kctl.api.authorization.policy import AUTOUPDATE
from kctl.api.authorization.rules import Rule, missing
from kctl.api.kind import Object

NONE, CREATE, UPDATE, RECREATE = "", "create", "update", "recreate"


@dataclass
class Reconciled:
    """`obj` as it should be, by which operation, and what differs. A protected object (one
    that says autoupdate: "false") stays as it is."""

    obj: Object
    operation: str = NONE
    protected: bool = False
    missing_rules: list[Rule] = field(default_factory=list)
    extra_rules: list[Rule] = field(default_factory=list)
    missing_subjects: list[Object] = field(default_factory=list)
    extra_subjects: list[Object] = field(default_factory=list)


def role(existing: Object | None, wanted: Object, *, narrow: bool) -> Reconciled:
    """`narrow`: permissions that are not wanted go."""
    rules: list[Rule] = wanted.get("rules") or []
    if existing is None:
        return Reconciled(wanted, CREATE, missing_rules=rules)
    done = _described(existing, wanted)
    has: list[Rule] = existing.get("rules") or []
    if not (wanted.get("aggregationRule") and existing.get("aggregationRule")):
        done.missing_rules, done.extra_rules = missing(has, rules), missing(rules, has)
    if narrow and (done.missing_rules or done.extra_rules):
        done.obj, done.operation = {**done.obj, "rules": rules or None}, UPDATE
    elif done.missing_rules:
        done.obj, done.operation = {**done.obj, "rules": has + done.missing_rules}, UPDATE
    _aggregation(done, existing, wanted, narrow=narrow)
    return done


def _aggregation(done: Reconciled, existing: Object, wanted: Object, *, narrow: bool) -> None:
    asked = _selectors(wanted)
    has = _selectors(existing)
    lacking = [each for each in asked if each not in has]
    extra = [each for each in has if each not in asked]
    if narrow and (lacking or extra):
        rule = wanted.get("aggregationRule")
        rest = {name: value for name, value in done.obj.items() if name != "aggregationRule"}
        done.obj = rest | ({"aggregationRule": rule} if rule else {})
        done.operation = UPDATE
    elif lacking:
        done.obj = {**done.obj, "aggregationRule": {"clusterRoleSelectors": has + lacking}}
        done.operation = UPDATE


def _selectors(obj: Object) -> list[Object]:
    return list((obj.get("aggregationRule") or {}).get("clusterRoleSelectors") or ())


def binding(existing: Object | None, wanted: Object, *, narrow: bool) -> Reconciled:
    """`narrow`: subjects that are not wanted go. A binding to another role is made anew."""
    subjects: list[Object] = wanted.get("subjects") or []
    if existing is None:
        return Reconciled(wanted, CREATE, missing_subjects=subjects)
    if existing.get("roleRef") != wanted.get("roleRef"):
        return Reconciled(wanted, RECREATE, _protected(existing))
    done = _described(existing, wanted)
    has: list[Object] = existing.get("subjects") or []
    done.missing_subjects = _without(subjects, has)
    done.extra_subjects = _without(has, subjects)
    if narrow and (done.missing_subjects or done.extra_subjects):
        done.obj, done.operation = {**done.obj, "subjects": subjects}, UPDATE
    elif done.missing_subjects:
        done.obj, done.operation = {**done.obj, "subjects": has + done.missing_subjects}, UPDATE
    return done


def _without(some: Sequence[Object], others: Sequence[Object]) -> list[Object]:
    return [each for each in some if each not in others]


def _protected(existing: Object) -> bool:
    return (existing["metadata"].get("annotations") or {}).get(AUTOUPDATE) == "false"


def _described(existing: Object, wanted: Object) -> Reconciled:
    """The existing object with the labels and annotations that it lacks."""
    meta, asked = existing["metadata"], wanted["metadata"]
    merged = {
        part: {**(asked.get(part) or {}), **(meta.get(part) or {})}
        for part in ("annotations", "labels")
    }
    changed = any(merged[part] != (meta.get(part) or {}) for part in merged)
    kept = {part: values for part, values in merged.items() if values}
    obj = {**existing, "metadata": {**meta, **kept}} if changed else existing
    return Reconciled(obj, UPDATE if changed else NONE, _protected(existing))
