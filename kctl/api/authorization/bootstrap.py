"""Makes the default roles and bindings of a control plane, and keeps them whole.

As the API server does when it starts: what is missing is created, rules and subjects that
were taken away come back, unless the object says `autoupdate: "false"`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress

from kctl.api.api import Api
from kctl.api.authorization.aggregation import settle
from kctl.api.authorization.policy import AUTOUPDATE, cluster_role_bindings, cluster_roles
from kctl.api.authorization.rules import missing
from kctl.api.errors import ApiError
from kctl.api.kind import Object
from kctl.api.validation.rbac import GROUP

ROLES, BINDINGS = f"clusterroles.{GROUP}", f"clusterrolebindings.{GROUP}"


def ensure_bootstrap(api: Api) -> None:
    """Raises ApiError and StoreError. Two processes may do it at once."""
    for resource, wanted in ((ROLES, cluster_roles()), (BINDINGS, cluster_role_bindings())):
        there = {str(each["metadata"]["name"]): each for each in api.list(resource).items}
        for each in wanted:
            _ensure(api, there.get(str(each["metadata"]["name"])), each)
    for role in settle(list(api.list(ROLES).items)):
        _update(api, role)


def _ensure(api: Api, found: Object | None, wanted: Object) -> None:
    if found is None:
        with suppress(ApiError):  # another process made it meanwhile
            api.create(wanted)
        return
    annotations = found["metadata"].get("annotations") or {}
    if annotations.get(AUTOUPDATE) == "false":
        return
    changed = _completed(found, wanted)
    if changed != found:
        _update(api, changed)


def _update(api: Api, obj: Object) -> None:
    """A conflict means that another process does the same."""
    try:
        api.update(obj)
    except ApiError as error:
        if error.reason != "Conflict":
            raise


def _completed(found: Object, wanted: Object) -> Object:
    meta, ours = found["metadata"], wanted["metadata"]
    completed = {
        **found,
        "metadata": {
            **meta,
            "labels": {**(meta.get("labels") or {}), **ours["labels"]},
            "annotations": {**ours["annotations"], **(meta.get("annotations") or {})},
        },
    }
    if "roleRef" in wanted:
        completed["subjects"] = _with(found.get("subjects") or (), wanted["subjects"])
    elif "aggregationRule" not in wanted:
        rules = found.get("rules") or []
        completed["rules"] = rules + missing(rules, wanted["rules"])
    return completed


def _with(subjects: Sequence[Object], wanted: Iterable[Object]) -> list[Object]:
    return [*subjects, *(each for each in wanted if each not in subjects)]
