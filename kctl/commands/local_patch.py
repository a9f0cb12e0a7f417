"""Patches applied to an object in hand, without writing anything."""

from __future__ import annotations

import copy
from typing import Any

from kctl.commands.context import Context
from kctl.commands.objects import Found

Object = dict[str, Any]


def apply_locally(ctx: Context, found: Found, patch: Any, kind: str) -> Object:
    """What the object would be after the patch, before defaulting and validation."""
    return patched(ctx, found.obj, patch, kind)


def patched(ctx: Context, obj: Object, patch: Any, kind: str) -> Object:
    """kind: "strategic", "merge" or "json". Raises ApiError."""
    before = copy.deepcopy(obj)
    after: Object
    if kind == "json":
        from kctl.api.patch.json_patch import apply as apply_json

        after = apply_json(before, patch)
        return after
    if kind == "merge":
        from kctl.api.patch.merge import apply as apply_merge

        after = apply_merge(before, patch)
        return after
    from kctl.api.patch.strategic import apply as apply_strategic

    after = apply_strategic(before, patch, ctx.plane.kinds.of(obj).schema)
    return after
