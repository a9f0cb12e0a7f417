"""RBAC: may this user do that? Evaluated from the Role and binding objects.

The rules are compiled once and kept until an RBAC object changes (`invalidate`); what was
asked before is answered from memory. The rules of matching are Kubernetes' own
(pkg/apis/rbac/v1/evaluation_helpers.go): "*" stands for every verb, group or resource,
with its subresources; "*/scale" for one subresource of every resource; a URL may end in a
star. "pods/*" is no wildcard there, so it is none here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import orjson

from kctl.api.authorization.grants import Grant, Policy, compile_policy
from kctl.api.authorization.rules import EVERYTHING, Rule, missing
from kctl.api.user import MASTERS, User
from kctl.api.validation.rbac import GROUP
from kctl.store.types import Backend

Object = dict[str, Any]
Read = Callable[[str], Iterable[Object]]
"""The objects of a resource ("roles.rbac.authorization.k8s.io"), of every namespace."""

RESOURCES = tuple(
    f"{plural}.{GROUP}"
    for plural in ("roles", "clusterroles", "rolebindings", "clusterrolebindings")
)
REMEMBERED = 4096
"""Decisions kept in memory; all are dropped when there are so many."""


class Attributes(NamedTuple):
    """What somebody asks for. `resource` is the plural alone. `path` is set for what is no
    resource, and then nothing else but the user and the verb counts."""

    user: User
    verb: str
    group: str = ""
    resource: str = ""
    subresource: str = ""
    namespace: str = ""
    name: str = ""
    path: str | None = None


class Decision(NamedTuple):
    """`reason` is Kubernetes' text, often empty. `denied` is True where somebody forbids it
    expressly, which RBAC never does."""

    allowed: bool
    reason: str = ""
    denied: bool = False


class Rules(NamedTuple):
    """What somebody may do in a namespace; `error` names roles that are not there."""

    rules: list[Rule]
    error: str = ""


_ALLOWED = Decision(True)


def read_backend(backend: Backend) -> Read:
    """The objects of a store, decoded."""

    def read(resource: str) -> Iterator[Object]:
        for record in backend.list(resource).records:
            yield orjson.loads(record.value)

    return read


class Authorizer:
    """Answers from the objects that `read` gives. Safe to use from several threads."""

    def __init__(self, read: Read) -> None:
        self._read = read
        self._changes = 0
        self._policy: tuple[int, Policy, dict[tuple[object, ...], Decision]] | None = None

    @classmethod
    def over(cls, backend: Backend) -> Authorizer:
        return cls(read_backend(backend))

    def invalidate(self, resource: str = "") -> None:
        """An object of `resource` changed ("" for any): forget what depends on it."""
        if not resource or resource in RESOURCES:
            self._changes += 1

    def authorize(self, asked: Attributes) -> Decision:
        user = asked.user
        if MASTERS in user.groups:
            return _ALLOWED
        policy, known = self._current()
        key = (user.name, user.groups, *asked[1:])
        found = known.get(key)
        if found is None:
            found = _decide(policy, asked)
            if len(known) >= REMEMBERED:
                known.clear()
            known[key] = found
        return found

    def rules(self, user: User, namespace: str) -> Rules:
        """Everything that the user may do in a namespace, from cluster bindings first."""
        policy, _ = self._current()
        found: list[Rule] = []
        errors: list[str] = []
        for grant in policy.grants(user, namespace):
            found += grant.rules
            if grant.error:
                errors.append(grant.error)
        if MASTERS in user.groups and missing(found, EVERYTHING):
            found += (dict(each) for each in EVERYTHING)
        return Rules(found, aggregate(errors))

    def role_rules(self, reference: Mapping[str, Any], namespace: str) -> list[Rule] | None:
        """The rules of the role that a binding in `namespace` leads to, None where there is
        no such role."""
        policy, _ = self._current()
        return policy.role(reference.get("kind", ""), reference.get("name", ""), namespace)

    def _current(self) -> tuple[Policy, dict[tuple[object, ...], Decision]]:
        now = self._changes
        kept = self._policy
        if kept is None or kept[0] != now:
            kept = self._policy = (now, compile_policy(self._read, RESOURCES), {})
        return kept[1], kept[2]


def _decide(policy: Policy, asked: Attributes) -> Decision:
    errors: list[str] = []
    namespace = asked.namespace if asked.path is None else ""
    for grant in policy.grants(asked.user, namespace):
        if _allows(grant, asked):
            return Decision(True, f"RBAC: allowed by {grant.binding}")
        if grant.error:
            errors.append(grant.error)
    return Decision(False, f"RBAC: {aggregate(errors)}" if errors else "")


def _allows(grant: Grant, asked: Attributes) -> bool:
    if asked.path is not None:
        return any(rule.allows_path(asked.verb, asked.path) for rule in grant.compiled)
    return any(
        rule.allows(asked.verb, asked.group, asked.resource, asked.subresource, asked.name)
        for rule in grant.compiled
    )


def aggregate(errors: list[str]) -> str:
    """Several errors as one text (utilerrors.Aggregate)."""
    distinct = list(dict.fromkeys(errors))
    return (
        distinct[0] if len(distinct) == 1 else "[" + ", ".join(distinct) + "]" if distinct else ""
    )
