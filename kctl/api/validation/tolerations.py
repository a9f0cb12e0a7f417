"""Taints of nodes and the tolerations of pods."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from kctl.api import names
from kctl.api.fields import FieldError, invalid, not_supported, required
from kctl.api.validation import labels

EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")
_INTEGER = re.compile(r"0|-?[1-9][0-9]*")
_ANY_KEY = (
    'operator must be Exists when `key` is empty, which means "match all values and all keys"'
)


def tolerations(listed: Sequence[Mapping[str, Any]], path: str, errors: list[FieldError]) -> None:
    for at, toleration in enumerate(listed):
        here = f"{path}[{at}]"
        key, operator = toleration.get("key") or "", toleration.get("operator") or ""
        effect = toleration.get("effect") or ""
        if key:
            labels.label_name(key, f"{here}.key", errors)
        elif operator != "Exists":
            errors.append(invalid(f"{here}.operator", operator, _ANY_KEY))
        if toleration.get("tolerationSeconds") is not None and effect != "NoExecute":
            text = "effect must be 'NoExecute' when `tolerationSeconds` is set"
            errors.append(invalid(f"{here}.effect", effect, text))
        _value(operator, toleration.get("value") or "", here, errors)
        if effect and effect not in EFFECTS:
            errors.append(not_supported(f"{here}.effect", effect, EFFECTS))


def _value(operator: str, value: str, path: str, errors: list[FieldError]) -> None:
    if operator in ("Equal", ""):
        texts = names.label_value(value)
        if texts:
            errors.append(invalid(f"{path}.operator", value, ";".join(texts)))
    elif operator == "Exists":
        if value:
            text = "value must be empty when `operator` is 'Exists'"
            errors.append(invalid(f"{path}.operator", value, text))
    elif operator in ("Lt", "Gt"):
        if not _INTEGER.fullmatch(value):
            text = "must be a valid decimal integer in canonical form"
            errors.append(invalid(f"{path}.value", value, text))
    else:
        errors.append(not_supported(f"{path}.operator", operator, ("Equal", "Exists")))


def taints(listed: Sequence[Mapping[str, Any]], path: str, errors: list[FieldError]) -> None:
    """Taints of a node, unique by key and effect."""
    seen: set[tuple[str, str]] = set()
    for at, taint in enumerate(listed):
        here = f"{path}[{at}]"
        key, effect, value = (taint.get(name) or "" for name in ("key", "effect", "value"))
        labels.label_name(key, f"{here}.key", errors)
        texts = names.label_value(value)
        if texts:
            errors.append(invalid(f"{here}.value", value, ";".join(texts)))
        if not effect:
            errors.append(required(f"{here}.effect"))
        elif effect not in EFFECTS:
            errors.append(not_supported(f"{here}.effect", effect, EFFECTS))
        if (key, effect) in seen:
            shown = {"Key": key, "Value": value, "Effect": effect}
            shown["TimeAdded"] = taint.get("timeAdded")
            text = "taints must be unique by key and effect pair"
            printed = json.dumps(shown, separators=(",", ":"))
            errors.append(FieldError("FieldValueDuplicate", here, text, printed))
        seen.add((key, effect))
