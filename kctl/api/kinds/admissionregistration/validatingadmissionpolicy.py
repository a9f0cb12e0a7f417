"""ValidatingAdmissionPolicy: rules in CEL about writes."""

from __future__ import annotations

from typing import Any

from kctl.api import names
from kctl.api.admission.expressions import expression_error, policy_types, variable_errors
from kctl.api.fields import FieldError, invalid, not_supported, required
from kctl.api.kind import Cell, Column, Kind, Object
from kctl.api.kinds.admissionregistration.shared import (
    FAILURE_POLICIES,
    MATCH_POLICIES,
    condition_errors,
    default_match,
    rule_errors,
)
from kctl.api.kinds.cells import AGE, NAME, age, part
from kctl.api.validation import labels

REASONS = ("Forbidden", "Invalid", "RequestEntityTooLarge", "Unauthorized")
_NEITHER = "validations or auditAnnotations must contain at least one item"


def _default(obj: Object) -> None:
    spec = part(obj, "spec")
    spec.setdefault("failurePolicy", "Fail")
    if spec.get("matchConstraints") is not None:
        default_match(spec["matchConstraints"])


def _prepare_create(obj: Object) -> None:
    obj["status"] = {}


def _prepare_update(new: Object, old: Object) -> None:
    new["status"] = old.get("status", {})


def match_errors(resources: Any, path: str) -> list[FieldError]:
    """Of a MatchResources."""
    errors: list[FieldError] = []
    policy = resources.get("matchPolicy")
    if policy is not None and policy not in MATCH_POLICIES:
        errors.append(not_supported(f"{path}.matchPolicy", policy, MATCH_POLICIES))
    for name in ("namespaceSelector", "objectSelector"):
        labels.selector(resources.get(name), f"{path}.{name}", errors)
    for name in ("resourceRules", "excludeResourceRules"):
        for at, rule in enumerate(resources.get(name) or ()):
            errors += rule_errors(rule, f"{path}.{name}[{at}]")
    return errors


def _validate(obj: Object) -> list[FieldError]:
    spec = obj.get("spec") or {}
    errors: list[FieldError] = []
    policy = spec.get("failurePolicy")
    if policy is not None and policy not in FAILURE_POLICIES:
        errors.append(not_supported("spec.failurePolicy", policy, FAILURE_POLICIES))
    if spec.get("paramKind") is not None:
        errors += _param_kind(spec["paramKind"])
    constraints = spec.get("matchConstraints")
    if constraints is None:
        errors.append(required("spec.matchConstraints"))
    else:
        errors += match_errors(constraints, "spec.matchConstraints")
        if not constraints.get("resourceRules"):
            errors.append(required("spec.matchConstraints.resourceRules"))
    errors += condition_errors(spec.get("matchConditions"), "spec.matchConditions")
    errors += variable_errors(spec.get("variables") or [], "spec.variables", spec)
    validations, notes = spec.get("validations") or [], spec.get("auditAnnotations") or []
    if not validations and not notes:
        errors.append(required("spec.validations", _NEITHER))
        errors.append(required("spec.auditAnnotations", _NEITHER))
    for at, each in enumerate(validations):
        errors += _validation(each, f"spec.validations[{at}]", spec)
    for at, each in enumerate(notes):
        errors += _annotation(each, f"spec.auditAnnotations[{at}]", spec)
    return errors


def _param_kind(kind: Any) -> list[FieldError]:
    errors = [
        required(f"spec.paramKind.{name}") for name in ("apiVersion", "kind") if not kind.get(name)
    ]
    if (kind.get("apiVersion") or "").count("/") > 1:
        text = f"unexpected GroupVersion string: {kind['apiVersion']}"
        errors.append(invalid("spec.paramKind.apiVersion", kind["apiVersion"], text))
    return errors


def _validation(each: Any, path: str, spec: Any) -> list[FieldError]:
    types = policy_types(spec)
    errors = expression_error(each.get("expression"), f"{path}.expression", "bool", types)
    message = each.get("message")
    if message and "\n" in message.strip():
        errors.append(invalid(f"{path}.message", message, "message must not contain line breaks"))
    if each.get("messageExpression"):
        where = f"{path}.messageExpression"
        errors += expression_error(each["messageExpression"], where, "string", types)
    if each.get("reason") and each["reason"] not in REASONS:
        errors.append(not_supported(f"{path}.reason", each["reason"], REASONS))
    return errors


def _annotation(each: Any, path: str, spec: Any) -> list[FieldError]:
    key = each.get("key") or ""
    errors = [] if key else [required(f"{path}.key")]
    errors += [invalid(f"{path}.key", key, text) for text in names.qualified_name(key) if key]
    where = f"{path}.valueExpression"
    return errors + expression_error(each.get("valueExpression"), where, "", policy_types(spec))


def _row(obj: Object) -> list[Cell]:
    spec = obj.get("spec") or {}
    kind = spec.get("paramKind")
    shown = f"{kind.get('apiVersion', '')}/{kind.get('kind', '')}" if kind else "<unset>"
    return [obj["metadata"]["name"], len(spec.get("validations") or ()), shown, age(obj)]


KIND = Kind(
    group="admissionregistration.k8s.io",
    kind="ValidatingAdmissionPolicy",
    plural="validatingadmissionpolicies",
    singular="validatingadmissionpolicy",
    categories=("api-extensions",),
    namespaced=False,
    schema="io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicy",
    columns=(NAME, Column("Validations", type="integer"), Column("ParamKind"), AGE),
    row=_row,
    default=_default,
    prepare_create=_prepare_create,
    prepare_update=_prepare_update,
    validate=_validate,
    has_status=True,
    has_generation=True,
)
