"""Where a pod may and would like to run: node and pod affinity."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kctl.api import names
from kctl.api.fields import FieldError, forbidden, invalid, required
from kctl.api.validation import labels
from kctl.api.validation.values import named

Term = Mapping[str, Any]

_REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
_PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"
_WEIGHT = "must be in the range 1-100"


def affinity(value: Term, path: str, errors: list[FieldError]) -> None:
    if value.get("nodeAffinity") is not None:
        _node_affinity(value["nodeAffinity"], f"{path}.nodeAffinity", errors)
    for name in ("podAffinity", "podAntiAffinity"):
        if value.get(name) is not None:
            _pod_affinity(value[name], f"{path}.{name}", errors)


def _node_affinity(value: Term, path: str, errors: list[FieldError]) -> None:
    if value.get(_REQUIRED) is not None:
        node_selector(value[_REQUIRED], f"{path}.{_REQUIRED}", errors)
    for at, term in enumerate(value.get(_PREFERRED) or ()):
        here = f"{path}.{_PREFERRED}[{at}]"
        _weight(term, here, errors)
        _node_term(term.get("preference") or {}, f"{here}.preference", errors, any_value=True)


def node_selector(value: Term, path: str, errors: list[FieldError]) -> None:
    terms = value.get("nodeSelectorTerms")
    where = f"{path}.nodeSelectorTerms"
    if not terms:
        errors.append(required(where, "must have at least one node selector term"))
    for at, term in enumerate(terms or ()):
        _node_term(term, f"{where}[{at}]", errors, any_value=False)


def _node_term(term: Term, path: str, errors: list[FieldError], *, any_value: bool) -> None:
    for at, each in enumerate(term.get("matchExpressions") or ()):
        _node_expression(each, f"{path}.matchExpressions[{at}]", errors, any_value)
    for at, each in enumerate(term.get("matchFields") or ()):
        _node_field(each, f"{path}.matchFields[{at}]", errors)


def _node_expression(each: Term, path: str, errors: list[FieldError], any_value: bool) -> None:
    operator, values = each.get("operator") or "", each.get("values") or ()
    if operator in ("Gt", "Lt"):
        if len(values) != 1:
            text = "must be specified single value when `operator` is 'Lt' or 'Gt'"
            errors.append(required(f"{path}.values", text))
    else:
        labels.operands(operator, values, path, errors)
    labels.label_name(each.get("key") or "", f"{path}.key", errors)
    if not any_value:
        labels.label_values(values, path, errors)


def _node_field(each: Term, path: str, errors: list[FieldError]) -> None:
    operator, values = each.get("operator") or "", each.get("values") or ()
    if operator not in ("In", "NotIn"):
        errors.append(invalid(f"{path}.operator", operator, labels.NOT_AN_OPERATOR))
    elif len(values) != 1:
        text = "must be only one value when `operator` is 'In' or 'NotIn' for node field selector"
        errors.append(required(f"{path}.values", text))
    if each.get("key") != "metadata.name":
        text = "not a valid field selector key"
        errors.append(invalid(f"{path}.key", each.get("key") or "", text))
        return
    for at, value in enumerate(values):
        named(value, f"{path}.values[{at}]", names.dns_subdomain, errors)


def _pod_affinity(value: Term, path: str, errors: list[FieldError]) -> None:
    for at, term in enumerate(value.get(_REQUIRED) or ()):
        _pod_term(term, f"{path}.{_REQUIRED}[{at}]", errors)
    for at, term in enumerate(value.get(_PREFERRED) or ()):
        here = f"{path}.{_PREFERRED}[{at}]"
        _weight(term, here, errors)
        _pod_term(term.get("podAffinityTerm") or {}, f"{here}.podAffinityTerm", errors)


def _weight(term: Term, path: str, errors: list[FieldError]) -> None:
    weight = term.get("weight") or 0
    if not 1 <= weight <= 100:
        errors.append(invalid(f"{path}.weight", weight, _WEIGHT))


def _pod_term(term: Term, path: str, errors: list[FieldError]) -> None:
    for name in ("labelSelector", "namespaceSelector"):
        labels.selector(term.get(name), f"{path}.{name}", errors)
    for namespace in term.get("namespaces") or ():
        named(namespace, f"{path}.namespace", names.dns_label, errors)
    label_keys(term, path, errors)
    key = term.get("topologyKey") or ""
    if not key:
        errors.append(required(f"{path}.topologyKey", "can not be empty"))
    labels.label_name(key, f"{path}.topologyKey", errors)


def label_keys(term: Term, path: str, errors: list[FieldError]) -> None:
    """matchLabelKeys and mismatchLabelKeys against each other and the selector."""
    wanted: Sequence[str] = term.get("matchLabelKeys") or ()
    unwanted: Sequence[str] = term.get("mismatchLabelKeys") or ()
    selector = term.get("labelSelector")
    for name, keys in (("matchLabelKeys", wanted), ("mismatchLabelKeys", unwanted)):
        if keys and selector is None:
            text = "must not be specified when labelSelector is not set"
            errors.append(forbidden(f"{path}.{name}", text))
            continue
        for at, key in enumerate(keys):
            labels.label_name(key, f"{path}.{name}[{at}]", errors)
    if selector is not None:
        _selected_twice(selector, wanted, path, errors)
    for at, key in enumerate(wanted):
        if key in unwanted:
            text = "exists in both matchLabelKeys and mismatchLabelKeys"
            errors.append(invalid(f"{path}.matchLabelKeys[{at}]", key, text))


def _selected_twice(
    selector: Term, wanted: Sequence[str], path: str, errors: list[FieldError]
) -> None:
    seen = set(selector.get("matchLabels") or ())
    for expression in selector.get("matchExpressions") or ():
        key = expression.get("key") or ""
        if key in wanted and key in seen:
            text = "exists in both matchLabelKeys and labelSelector"
            errors.append(invalid(f"{path}[{wanted.index(key)}]", key, text))
        seen.add(key)
