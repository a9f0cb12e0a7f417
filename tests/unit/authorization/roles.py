"""Roles and bindings for tests, and an Api to put them in."""

from __future__ import annotations

from typing import Any

from kctl.api.api import Api
from kctl.api.authorization.authorizer import Authorizer
from kctl.api.authorization.rules import Rule
from kctl.api.user import User
from kctl.api.validation.rbac import GROUP
from tests.unit.api.conftest import Desk

Object = dict[str, Any]
JANE = User("jane", ("dev", "system:authenticated"))


def rule(verbs: str, resources: str = "", groups: str = "core", **lists: list[str]) -> Rule:
    """Words parted by spaces; "core" is the core group."""
    found: Rule = {"verbs": verbs.split(), **lists}
    if resources:
        found["apiGroups"] = ["" if each == "core" else each for each in groups.split()]
        found["resources"] = resources.split()
    return found


def role(name: str, *rules: Rule, namespace: str = "", **more: Any) -> Object:
    kind = "Role" if namespace else "ClusterRole"
    meta: Object = {"name": name, **({"namespace": namespace} if namespace else {})}
    meta |= more.pop("metadata", {})
    made = {"apiVersion": f"{GROUP}/v1", "kind": kind, "metadata": meta, "rules": list(rules)}
    return made | more


def binding(name: str, to: str, *subjects: Object, namespace: str = "") -> Object:
    """`to` is "ClusterRole/view"."""
    kind, _, role_name = to.partition("/")
    meta = {"name": name, **({"namespace": namespace} if namespace else {})}
    return {
        "apiVersion": f"{GROUP}/v1",
        "kind": "RoleBinding" if namespace else "ClusterRoleBinding",
        "metadata": meta,
        "roleRef": {"apiGroup": GROUP, "kind": kind, "name": role_name},
        "subjects": list(subjects),
    }


def user(name: str) -> Object:
    return {"kind": "User", "name": name}


def group(name: str) -> Object:
    return {"kind": "Group", "name": name}


def account(name: str, namespace: str = "") -> Object:
    found = {"kind": "ServiceAccount", "name": name}
    return {**found, **({"namespace": namespace} if namespace else {})}


def world(*objects: Object) -> tuple[Api, Authorizer]:
    desk = Desk()
    for each in objects:
        desk.api.create(each)
    return desk.api, Authorizer.over(desk.backend)
