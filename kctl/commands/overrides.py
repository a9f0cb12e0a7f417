"""--overrides of run and expose: a patch over what was generated."""

from __future__ import annotations

import json
from typing import Any

from kctl.commands.command import UsageError
from kctl.commands.context import Context
from kctl.commands.parse import Args

Object = dict[str, Any]


def overridden(ctx: Context, obj: Object, args: Args) -> Object:
    """The object with --overrides applied in the way of --override-type."""
    text, kind = args["overrides"], args["override-type"]
    if not text:
        return obj
    if kind not in ("json", "merge", "strategic"):
        raise UsageError(
            f"invalid override type: {kind}, allowed values are: json, merge, strategic"
        )
    try:
        patch = json.loads(text)
    except ValueError as error:
        raise UsageError(f"Invalid JSON Patch: {error}") from None
    from kctl.commands.local_patch import patched

    return patched(ctx, obj, patch, kind)
