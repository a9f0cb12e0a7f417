"""`authorizer` in expressions: may somebody do something?
(https://kubernetes.io/docs/reference/using-api/cel/#kubernetes-authorizer-library)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from kctl.api.cel.values import Budget, no_such_overload

COST = 350_000
"""Of one check, as in Kubernetes: an expression may make a few, not thousands."""


class Decision(NamedTuple):
    allowed: bool
    reason: str = ""


class Check(NamedTuple):
    """What would be asked. `kind` is "authorizer", "path", "group" or "resource"."""

    ask: Callable[[Check, str], Decision]
    kind: str = "authorizer"
    account: tuple[str, str] | None = None
    """(namespace, name) of the service account that is asked about, instead of the user"""
    path: str = ""
    group: str = ""
    resource: str = ""
    subresource: str = ""
    namespace: str = ""
    name: str = ""


def _of(value: Any, *kinds: str) -> Check:
    if not isinstance(value, Check) or value.kind not in kinds:
        raise no_such_overload()
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise no_such_overload()
    return value


def _subresource(budget: Budget, value: Any, word: Any) -> Check:
    return _of(value, "resource")._replace(subresource=_text(word))


def _namespace(budget: Budget, value: Any, word: Any) -> Check:
    return _of(value, "resource")._replace(namespace=_text(word))


def _name(budget: Budget, value: Any, word: Any) -> Check:
    return _of(value, "resource")._replace(name=_text(word))


def _path(budget: Budget, value: Any, path: Any) -> Check:
    return _of(value, "authorizer")._replace(kind="path", path=_text(path))


def _group(budget: Budget, value: Any, group: Any) -> Check:
    return _of(value, "authorizer")._replace(kind="group", group=_text(group))


def _resource(budget: Budget, value: Any, resource: Any) -> Check:
    return _of(value, "group")._replace(kind="resource", resource=_text(resource))


def _account(budget: Budget, value: Any, namespace: Any, name: Any) -> Check:
    return _of(value, "authorizer")._replace(account=(_text(namespace), _text(name)))


def _check(budget: Budget, value: Any, verb: Any) -> Decision:
    check = _of(value, "path", "resource")
    budget.spend(COST)
    return check.ask(check, _text(verb))


def _decision(value: Any) -> Decision:
    if not isinstance(value, Decision):
        raise no_such_overload()
    return value


FUNCTIONS: dict[tuple[str, bool], Any] = {
    ("path", True): _path,
    ("group", True): _group,
    ("resource", True): _resource,
    ("serviceAccount", True): _account,
    ("subresource", True): _subresource,
    ("namespace", True): _namespace,
    ("name", True): _name,
    ("check", True): _check,
    ("allowed", True): lambda budget, value: _decision(value).allowed,
    ("reason", True): lambda budget, value: _decision(value).reason,
}
