"""The refusal of an apply that would take fields from their managers."""

from __future__ import annotations

import json
from collections.abc import Mapping

from kctl.api.apply import elements
from kctl.api.apply.fields import Fields, paths
from kctl.api.apply.managers import UPDATE, Manager
from kctl.api.errors import ApiError


class Owned(Exception):
    """An apply changes what others own: the fields in question by manager, each with the
    version that its manager used."""

    def __init__(self, conflicts: Mapping[tuple[Manager, str], Fields]) -> None:
        super().__init__()
        self.conflicts = dict(conflicts)

    def error(self) -> ApiError:
        """409, as apimachinery's NewConflictError words it."""
        found = [
            (_name(manager, version), elements.shown(path))
            for (manager, version), fields in sorted(
                self.conflicts.items(), key=lambda each: each[0]
            )
            for path in paths(fields)
        ]
        causes = [
            {"reason": "FieldManagerConflict", "message": f"conflict with {name}", "field": path}
            for name, path in found
        ]
        return ApiError(409, "Conflict", _message(found), {"causes": causes})


def _name(manager: Manager, version: str) -> str:
    text = json.dumps(manager.name, ensure_ascii=False)
    if manager.subresource:
        text += f" with subresource {json.dumps(manager.subresource, ensure_ascii=False)}"
    return f"{text} using {version}" if manager.operation == UPDATE else text


def _message(found: list[tuple[str, str]]) -> str:
    if len(found) == 1:
        ((name, path),) = found
        return f"Apply failed with 1 conflict: conflict with {name}: {path}"
    lines: list[str] = []
    for name in dict.fromkeys(name for name, _ in found):
        lines.append(f"conflicts with {name}:")
        lines += [f"- {path}" for each, path in found if each == name]
    return f"Apply failed with {len(found)} conflicts: " + "\n".join(lines)
