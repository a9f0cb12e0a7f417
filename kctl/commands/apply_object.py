"""One object of apply: its annotation, the three-way patch, the write."""

from __future__ import annotations

import copy
import json
from typing import Any

from kctl.commands import objects
from kctl.commands.command import UsageError
from kctl.commands.context import Context
from kctl.commands.create.generator import LAST_APPLIED, last_applied
from kctl.commands.failure import Doing, described
from kctl.commands.objects import Found
from kctl.commands.options import manager_of
from kctl.commands.parse import Args

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


def create(ctx: Context, found: Found, dry: str, strictness: str, *, manager: str) -> Object:
    made = configured(found.obj, found.namespace)
    if dry == "client":
        return made
    with described(f'error when creating "{found.source}"'):
        obj: Object = ctx.plane.api.create(
            made,
            namespace=found.namespace,
            dry_run=dry == "server",
            validation=strictness,
            manager=manager,
        )
    return obj


def recreate(ctx: Context, args: Args, found: Found, strictness: str) -> Object:
    """Delete the object, wait until it is gone, create what the file says."""
    from kctl.commands.delete import cascade, finish

    live = current(ctx, found)
    if live is not None:
        grace = max(args["grace-period"], 0)
        ctx.plane.api.delete(
            found.resource.resource,
            found.name,
            found.namespace,
            propagation=cascade(args["cascade"]),
            grace=grace,
        )
        old = Found(found.resource, found.namespace, found.name, live)
        finish(ctx, [old], wait=True, timeout=args["timeout"])
    return create(ctx, found, "none", strictness, manager=manager_of(args))


def patch(
    ctx: Context,
    found: Found,
    live: Object,
    dry: str,
    strictness: str,
    *,
    overwrite: bool = True,
    manager: str,
) -> Object:
    """Patch what is stored so that it says what the file says; the object as it then is.
    Without `overwrite`, a field that somebody else changed since is a conflict."""
    from kctl.api.errors import ApiError

    _warn_of_missing_annotation(ctx, found, live)
    modified = configured(found.obj, found.namespace)
    for attempt in range(TRIES):
        difference = three_way(ctx, modified, live)
        if not difference:
            return live
        if not overwrite:
            _refuse_conflict(found, modified, live, difference)
        if dry == "client":
            from kctl.commands.local_patch import patched

            return patched(ctx, live, difference, patch_type(ctx, found.obj))
        try:
            made: Object = ctx.plane.api.patch(
                found.resource.resource,
                found.name,
                found.namespace,
                difference,
                patch_type(ctx, found.obj),
                dry_run=dry == "server",
                validation=strictness,
                manager=manager,
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


def _refuse_conflict(found: Found, modified: Object, live: Object, difference: Object) -> None:
    """A field that both the file and somebody else changed since the last apply."""
    kept = (live["metadata"].get("annotations") or {}).get(LAST_APPLIED)
    before = json.loads(kept) if kept else {}
    path = _conflict(before, live, modified, difference)
    if path:
        raise UsageError(
            f'"{found.source}": {found.label}: {path} was changed since it was last applied, '
            "and --overwrite=false keeps it"
        )


def _conflict(before: Any, live: Any, after: Any, difference: Object, at: str = "") -> str:
    """The first path of `difference` that is not in `live` as it was last applied, "" for
    none. Lists count as one value: whoever changed any part of one changed it."""
    for key, value in difference.items():
        if key.startswith("$") or (at, key) == (".metadata", "annotations"):
            continue
        was, now = _part(before, key), _part(live, key)
        wanted = _part(after, key)
        if isinstance(value, dict) and isinstance(now, dict):
            inside = _conflict(was, now, wanted, value, f"{at}.{key}")
            if inside:
                return inside
        elif isinstance(now, list):
            if was is not None and not _holds(now, was) and not _holds(now, wanted):
                return f"{at}.{key}"
        elif now is not None and now not in (was, wanted):
            return f"{at}.{key}"
    return ""


def _part(value: Any, key: str) -> Any:
    return value.get(key) if isinstance(value, dict) else None


def _holds(stored: Any, written: Any) -> bool:
    """Everything `written` is in `stored`, which may hold defaults beside it."""
    if isinstance(written, dict):
        return isinstance(stored, dict) and all(
            _holds(stored.get(key), value) for key, value in written.items()
        )
    if isinstance(written, list):
        return (
            isinstance(stored, list)
            and len(stored) == len(written)
            and all(_holds(one, other) for one, other in zip(stored, written, strict=True))
        )
    return bool(stored == written)


def three_way(ctx: Context, modified: Object, live: Object) -> Object:
    """The patch from live to modified that also drops what was once applied and is applied
    no more: a strategic one, or a merge patch where the kind is a custom one."""
    from kctl.api.patch.three_way import three_way_merge, three_way_strategic

    kept = (live["metadata"].get("annotations") or {}).get(LAST_APPLIED)
    original = json.loads(kept) if kept else {}
    if patch_type(ctx, modified) == "merge":
        return three_way_merge(original, modified, live)
    schema = ctx.plane.kinds.of(modified).schema
    difference: Object = three_way_strategic(original, modified, live, schema)
    return difference


def patch_type(ctx: Context, obj: Object) -> str:
    """How apply patches objects of a kind: custom ones have no merge keys to go by."""
    return "strategic" if ctx.plane.kinds.of(obj).structure is None else "merge"


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
