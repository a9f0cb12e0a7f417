"""The policies of jobs: what a failed pod means, what counts as success, when a pod is
replaced."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kctl.api import names
from kctl.api.fields import (
    FieldError,
    duplicate,
    invalid,
    not_supported,
    required,
    too_many,
)
from kctl.api.validation.values import named

Spec = Mapping[str, Any]

ACTIONS = ("Count", "FailIndex", "FailJob", "Ignore")
OPERATORS = ("In", "NotIn")
STATUSES = ("False", "True", "Unknown")
REPLACEMENTS = ("Failed", "TerminatingOrFailed")
_RULES, _CODES, _PATTERNS = 20, 255, 20


def _listed(words: Sequence[str]) -> str:
    """As Go's %q shows a list."""
    return "valid values: [" + " ".join(f'"{word}"' for word in words) + "]"


def _word(value: str, path: str, supported: Sequence[str], errors: list[FieldError]) -> None:
    if not value:
        errors.append(required(path, _listed(supported)))
    elif value not in supported:
        errors.append(not_supported(path, value, supported))


def _bare(path: str, text: str) -> FieldError:
    """An error that does not repeat the value."""
    return FieldError("FieldValueInvalid", path, text)


def failure_policy(spec: Spec, path: str, errors: list[FieldError]) -> None:
    rules = spec["podFailurePolicy"].get("rules") or ()
    if len(rules) > _RULES:
        errors.append(too_many(f"{path}.rules", len(rules), _RULES))
    pod = spec["template"].get("spec") or {}
    known = [
        each.get("name")
        for group in ("containers", "initContainers")
        for each in pod.get(group) or ()
    ]
    for at, rule in enumerate(rules):
        _rule(rule, spec, known, f"{path}.rules[{at}]", errors)


def _rule(rule: Spec, spec: Spec, known: list[Any], path: str, errors: list[FieldError]) -> None:
    action = rule.get("action") or ""
    if action == "FailIndex":
        if spec.get("backoffLimitPerIndex") is None:
            text = "requires the backoffLimitPerIndex to be set"
            errors.append(invalid(f"{path}.action", action, text))
    else:
        _word(action, f"{path}.action", ACTIONS, errors)
    codes, patterns = rule.get("onExitCodes"), rule.get("onPodConditions") or ()
    if codes is not None:
        _codes(codes, known, f"{path}.onExitCodes", errors)
    if patterns:
        _conditions(patterns, f"{path}.onPodConditions", errors)
    if codes is not None and patterns:
        text = "specifying both OnExitCodes and OnPodConditions is not supported"
        errors.append(_bare(path, text))
    if codes is None and not patterns:
        text = "specifying one of OnExitCodes and OnPodConditions is required"
        errors.append(_bare(path, text))


def _codes(codes: Spec, known: list[Any], path: str, errors: list[FieldError]) -> None:
    operator, values = codes.get("operator") or "", codes.get("values") or []
    _word(operator, f"{path}.operator", OPERATORS, errors)
    name = codes.get("containerName")
    if name is not None and name not in known:
        text = "must be one of the container or initContainer names in the pod template"
        errors.append(invalid(f"{path}.containerName", name, text))
    if not values:
        errors.append(invalid(f"{path}.values", values, "at least one value is required"))
    elif len(values) > _CODES:
        errors.append(too_many(f"{path}.values", len(values), _CODES))
    seen: set[int] = set()
    for at, value in enumerate(values):
        if operator == "In" and value == 0:
            text = "must not be 0 for the In operator"
            errors.append(invalid(f"{path}.values[{at}]", value, text))
        if value in seen:
            errors.append(duplicate(f"{path}.values[{at}]", value))
        seen.add(value)
    if list(values) != sorted(values):
        errors.append(invalid(f"{path}.values", values, "must be ordered"))


def _conditions(patterns: Sequence[Spec], path: str, errors: list[FieldError]) -> None:
    if len(patterns) > _PATTERNS:
        errors.append(too_many(path, len(patterns), _PATTERNS))
    for at, pattern in enumerate(patterns):
        named(pattern.get("type") or "", f"{path}[{at}].type", names.qualified_name, errors)
        _word(pattern.get("status") or "", f"{path}[{at}].status", STATUSES, errors)


def success_policy(spec: Spec, path: str, errors: list[FieldError]) -> None:
    rules = spec["successPolicy"].get("rules") or ()
    if spec.get("completionMode") != "Indexed":
        text = "requires indexed completion mode"
        errors.append(invalid(path, spec["successPolicy"], text))
    if not rules:
        text = "at least one rules must be specified when the successPolicy is specified"
        errors.append(required(f"{path}.rules", text))
    if len(rules) > _RULES:
        errors.append(too_many(f"{path}.rules", len(rules), _RULES))
    for at, rule in enumerate(rules):
        if rule.get("succeededCount") is None and rule.get("succeededIndexes") is None:
            text = "at least one of succeededCount or succeededIndexes must be specified"
            errors.append(required(f"{path}.rules[{at}]", text))


def replacement_policy(spec: Spec, path: str, errors: list[FieldError]) -> None:
    value = spec.get("podReplacementPolicy")
    if value is None:
        return
    allowed = REPLACEMENTS if spec.get("podFailurePolicy") is None else ("Failed",)
    if value not in allowed:
        errors.append(not_supported(path, value, allowed))
