"""One object of apply: its annotation, the three-way patch, the write."""

from __future__ import annotations

import copy
import json
from typing import Any

from kctl.commands import objects
from kctl.commands.context import Context
from kctl.commands.create.generator import LAST_APPLIED, last_applied
from kctl.commands.failure import Doing, described
from kctl.commands.objects import Found

Object = dict[str, Any]

TRIES = 5
"""How often to start again when somebody else changed the object in between."""


def current(ctx: Context, found: Found) -> Object | None:
    """What is stored now."""
    return objects.get(ctx, found.resource, found.namespace, found.name)


def configured(obj: Object, namespace: str) -> Object:
    """The file's object as it is sent: with its namespace, and itself in its annotation."""
    made = copy.deepcopy(obj)
    meta = made["metadata"]
    if namespace:
        meta.setdefault("namespace", namespace)
    annotations = {**(meta.get("annotations") or {})}
    annotations.pop(LAST_APPLIED, None)
    meta["annotations"] = annotations
    kept = last_applied(sorted_keys(made))
    meta["annotations"] = {**annotations, LAST_APPLIED: kept}
    return made


def sorted_keys(value: Any) -> Any:
    """The same with keys in order, as kubectl encodes what it keeps."""
    if isinstance(value, dict):
        return {key: sorted_keys(value[key]) for key in sorted(value)}
    return [sorted_keys(each) for each in value] if isinstance(value, list) else value


def create(ctx: Context, found: Found, dry: str, strictness: str) -> Object:
    made = configured(found.obj, found.namespace)
    if dry == "client":
        return made
    with described(f'error when creating "{found.source}"'):
        obj: Object = ctx.plane.api.create(
            made, namespace=found.namespace, dry_run=dry == "server", validation=strictness
        )
    return obj


def patch(ctx: Context, found: Found, live: Object, dry: str, strictness: str) -> Object:
    """Patch what is stored so that it says what the file says; the object as it then is."""
    from kctl.api.errors import ApiError

    _warn_of_missing_annotation(ctx, found, live)
    modified = configured(found.obj, found.namespace)
    for attempt in range(TRIES):
        difference = three_way(ctx, modified, live)
        if not difference:
            return live
        if dry == "client":
            from kctl.commands.local_patch import patched

            return patched(ctx, live, difference, "strategic")
        try:
            made: Object = ctx.plane.api.patch(
                found.resource.resource,
                found.name,
                found.namespace,
                difference,
                "strategic",
                dry_run=dry == "server",
                validation=strictness,
            )
        except ApiError as error:
            fresh = current(ctx, found)
            if error.reason != "Conflict" or attempt == TRIES - 1 or fresh is None:
                raise Doing(error, _applying(found, difference)) from None
            live = fresh
        else:
            return made
    return live


def _applying(found: Found, difference: Object) -> str:
    """How kubectl names a patch that was refused."""
    resource = found.resource
    version = f"{resource.group}/{resource.version}" if resource.group else f"/{resource.version}"
    return (
        f"error when applying patch:\n{last_applied(sorted_keys(difference)).rstrip()}\nto:\n"
        f'Resource: "{version}, Resource={resource.plural}", GroupVersionKind: '
        f'"{version}, Kind={resource.kind}"\nName: "{found.name}", Namespace: '
        f'"{found.namespace}"\nfor: "{found.source}"'
    )


def three_way(ctx: Context, modified: Object, live: Object) -> Object:
    """The strategic patch from live to modified that also drops what was once applied and
    is applied no more."""
    from kctl.api.patch.three_way import three_way_strategic

    kept = (live["metadata"].get("annotations") or {}).get(LAST_APPLIED)
    original = json.loads(kept) if kept else {}
    schema = ctx.plane.kinds.of(modified).schema
    difference: Object = three_way_strategic(original, modified, live, schema)
    return difference


def _warn_of_missing_annotation(ctx: Context, found: Found, live: Object) -> None:
    if LAST_APPLIED in (live["metadata"].get("annotations") or {}):
        return
    plural = found.resource.plural
    ctx.err.write(
        f"Warning: resource {plural}/{found.name} is missing the {LAST_APPLIED} annotation which "
        "is required by kctl apply. kctl apply should only be used on resources created "
        "declaratively by either kctl create --save-config or kctl apply. The missing annotation "
        "will be patched automatically.\n"
    )
