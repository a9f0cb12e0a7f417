"""ValidatingAdmissionPolicies: rules in CEL about writes, bound to where they count.

What https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/
describes. Imported only where there is a policy and a binding.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from kctl.api import errors
from kctl.api.admission.attributes import Attributes
from kctl.api.admission.conditions import (
    EvaluationError,
    evaluate,
    matches,
    variables_of,
)
from kctl.api.admission.expressions import Types, policy_types
from kctl.api.admission.matching import (
    matching_version,
    named,
    namespace_matches,
    objects_match,
)
from kctl.api.cel.expression import PER_OBJECT
from kctl.api.cel.steps import Lazy
from kctl.api.cel.values import Budget, CelError
from kctl.api.kind import Object
from kctl.api.selectors import from_object

Json = Mapping[str, Any]

_NO_NAMESPACE = (
    "cannot use namespaced paramRef in policy binding that matches cluster-scoped resources"
)

POLICIES = "validatingadmissionpolicies.admissionregistration.k8s.io"
CODES = {"Unauthorized": 401, "Forbidden": 403, "RequestEntityTooLarge": 413, "Invalid": 422}


class Denial(NamedTuple):
    """A rule that does not hold, or that could not be asked."""

    message: str
    reason: str = ""


def enforce(about: Attributes, bindings: Sequence[Object]) -> None:
    """Raises the ApiError of the first policy that denies the request; warns as asked."""
    for binding in bindings:
        policy = about.request.get(POLICIES, "", binding["spec"].get("policyName") or "")
        if policy is None or not _concerns(about, policy["spec"].get("matchConstraints") or {}):
            continue
        resources = binding["spec"].get("matchResources")
        if resources is not None and not _concerns(about, resources, narrows=True):
            continue
        for denial in _denials(about, policy, binding):
            _act(about, policy, binding, denial)


def _act(about: Attributes, policy: Object, binding: Object, denial: Denial) -> None:
    where = (
        f"ValidatingAdmissionPolicy '{policy['metadata']['name']}' with binding "
        f"'{binding['metadata']['name']}'"
    )
    actions = binding["spec"].get("validationActions") or ()
    if "Deny" in actions:
        raise denied(about, f"{where} denied request: {denial.message}", denial.reason)
    if "Warn" in actions:
        about.request.warn(f"Validation failed for {where}: {denial.message}")


def denied(about: Attributes, message: str, reason: str) -> errors.ApiError:
    """As the API server refuses: forbidden in words, with the reason and code of the rule."""
    made = errors.forbidden(about.kind.resource, about.name, message)
    made.reason = reason or "Invalid"
    made.code = CODES.get(made.reason, 422)
    made.details["causes"] = [{"message": message}]
    return made


def _concerns(about: Attributes, resources: Json, *, narrows: bool = False) -> bool:
    """`narrows`: of a binding, where no rules means all that the policy is about."""
    request = about.request
    versions = about.versions(resources.get("matchPolicy") or "Equivalent")
    excluded = named(resources.get("excludeResourceRules") or (), about.name)
    asked = (request.operation, about.kind, request.subresource, versions)
    if matching_version(excluded, *asked):
        return False
    rules = resources.get("resourceRules") or ()
    if not (narrows and not rules) and not matching_version(named(rules, about.name), *asked):
        return False
    return objects_match(
        resources.get("objectSelector"), request.obj, request.old
    ) and namespace_matches(resources.get("namespaceSelector"), about.namespace_labels())


def _denials(about: Attributes, policy: Object, binding: Object) -> Iterator[Denial]:
    spec = policy["spec"]
    fails = (spec.get("failurePolicy") or "Fail") == "Fail"
    try:
        chosen = _params(about, spec, binding["spec"])
    except EvaluationError as error:
        if fails:
            yield Denial(f"failed to configure binding: {error}")
        return
    for params in chosen:
        yield from _with_params(about, spec, params, fails)


def _with_params(
    about: Attributes, spec: Json, params: Object | None, fails: bool
) -> Iterator[Denial]:
    types = policy_types(spec)
    budget = Budget(PER_OBJECT)
    variables = variables_of(about)
    variables["params"] = params
    variables["namespaceObject"] = about.namespace_object
    try:
        if not matches(spec.get("matchConditions") or (), variables, types):
            return
    except EvaluationError as error:
        if fails:
            yield Denial(str(error))
        return
    for at, each in enumerate(spec.get("variables") or ()):
        variables[f"variables.{each['name']}"] = _variable(spec, at, variables, budget)
    for rule in spec.get("validations") or ():
        denial = _ask(rule, types, variables, budget, fails)
        if denial is not None:
            yield denial
    for note in spec.get("auditAnnotations") or ():
        denial = _annotate(note, types, variables, budget, fails)
        if denial is not None:
            yield denial


def _variable(spec: Json, at: int, variables: dict[str, Any], budget: Budget) -> Lazy:
    """Made when it is first read, which costs what it costs once."""
    text, types = spec["variables"][at]["expression"], policy_types(spec, at)

    def make(_: Budget) -> Any:
        try:
            return evaluate(text, types, variables, budget)
        except EvaluationError as error:
            raise CelError(
                f'composited variable "{spec["variables"][at]["name"]}" fails to evaluate: {error}'
            ) from None

    return Lazy(make)


def _ask(
    rule: Json, types: Types, variables: Mapping[str, Any], budget: Budget, fails: bool
) -> Denial | None:
    text = rule["expression"].strip()
    try:
        holds = evaluate(text, types, variables, budget)
    except EvaluationError as error:
        if not fails:
            return None
        return Denial(f"expression '{text}' resulted in error: {error}")
    if holds is True:
        return None
    return Denial(_message(rule, text, types, variables, budget), rule.get("reason") or "")


def _message(
    rule: Json, text: str, types: Types, variables: Mapping[str, Any], budget: Budget
) -> str:
    if rule.get("messageExpression"):
        try:
            made = evaluate(rule["messageExpression"], types, variables, budget)
        except EvaluationError:
            made = None
        if isinstance(made, str) and made.strip() and "\n" not in made.strip():
            return made.strip()
    return (rule.get("message") or "").strip() or f"failed expression: {text}"


def _annotate(
    note: Json, types: Types, variables: Mapping[str, Any], budget: Budget, fails: bool
) -> Denial | None:
    """An annotation for an audit log: what it says is kept nowhere, but it must have a value."""
    try:
        evaluate(note["valueExpression"], types, variables, budget)
    except EvaluationError as error:
        if fails:
            return Denial(f"expression '{note['valueExpression']}' resulted in error: {error}")
    return None


def _params(about: Attributes, spec: Json, binding: Json) -> list[Object | None]:
    """The objects that the policy is asked with. Raises EvaluationError."""
    wanted, ref = spec.get("paramKind"), binding.get("paramRef")
    if not wanted or ref is None:
        return [None]
    kind = about.request.kind_of(wanted["apiVersion"], wanted["kind"])
    if kind is None:
        text = f"paramKind kind `{wanted['apiVersion']}, Kind={wanted['kind']}` not known"
        raise EvaluationError(f"failed to find resource referenced by paramKind: {text}")
    namespace = ""
    if kind.namespaced:
        namespace = ref.get("namespace") or about.namespace
        if not namespace:
            raise EvaluationError(_NO_NAMESPACE)
    elif ref.get("namespace"):
        text = "paramRef.namespace must not be provided for a cluster-scoped `paramKind`"
        raise EvaluationError(text)
    found: list[Object | None] = [*_found(about, kind.resource, namespace, ref)]
    if not found and (ref.get("parameterNotFoundAction") or "Deny") == "Deny":
        text = "no params found for policy binding with `Deny` parameterNotFoundAction"
        raise EvaluationError(text)
    return found


def _found(about: Attributes, resource: str, namespace: str, ref: Json) -> Iterator[Object]:
    if ref.get("name"):
        one = about.request.get(resource, namespace, ref["name"])
        if one is not None:
            yield one
        return
    wanted = from_object(ref.get("selector"))
    for each in about.request.list(resource, namespace or None):
        if wanted.matches(each["metadata"].get("labels") or {}):
            yield each
