"""ValidatingAdmissionPolicyBinding: where a policy counts, with which parameters."""

from __future__ import annotations

from typing import Any

from kctl.api import names
from kctl.api.admission.matching import REF
from kctl.api.fields import FieldError, forbidden, invalid, not_supported, required
from kctl.api.kind import Cell, Column, Kind, Object
from kctl.api.kinds.admissionregistration.shared import default_match
from kctl.api.kinds.admissionregistration.validatingadmissionpolicy import match_errors
from kctl.api.kinds.cells import AGE, NAME, age, part
from kctl.api.validation import labels

_BOTH = (
    "must not contain both Deny and Warn (repeating the same validation failure information in "
    "the API response and headers serves no purpose)"
)
ACTIONS = ("Audit", "Deny", "Warn")


def _default(obj: Object) -> None:
    spec = part(obj, "spec")
    if spec.get("matchResources") is not None:
        default_match(spec["matchResources"])


def _validate(obj: Object) -> list[FieldError]:
    spec = obj.get("spec") or {}
    errors: list[FieldError] = []
    name = spec.get("policyName") or ""
    if not name:
        errors.append(required("spec.policyName"))
    else:
        errors += [invalid("spec.policyName", name, each) for each in names.dns_subdomain(name)]
    if spec.get("paramRef") is not None:
        errors += _param_ref(spec["paramRef"])
    if spec.get("matchResources") is not None:
        errors += match_errors(spec["matchResources"], "spec.matchResources")
    return errors + _actions(spec.get("validationActions") or [])


def _param_ref(ref: Any) -> list[FieldError]:
    path = "spec.paramRef"
    errors: list[FieldError] = []
    name, selector = ref.get("name"), ref.get("selector")
    if name and selector is not None:
        text = "name and selector are mutually exclusive"
        errors += [forbidden(f"{path}.name", text), forbidden(f"{path}.selector", text)]
    elif not name and selector is None:
        text = "one of name or selector must be specified"
        errors.append(required(path, text))
    labels.selector(selector, f"{path}.selector", errors)
    action = ref.get("parameterNotFoundAction")
    if action is None:
        errors.append(required(f"{path}.parameterNotFoundAction"))
    elif action not in ("Allow", "Deny"):
        errors.append(not_supported(f"{path}.parameterNotFoundAction", action, ("Allow", "Deny")))
    return errors


def _actions(actions: list[str]) -> list[FieldError]:
    path = "spec.validationActions"
    if not actions:
        return [required(path)]
    errors: list[FieldError] = []
    for at, each in enumerate(actions):
        if each not in ACTIONS:
            errors.append(not_supported(f"{path}[{at}]", each, ACTIONS))
        if each in actions[:at]:
            errors.append(FieldError("FieldValueDuplicate", f"{path}[{at}]", "", f'"{each}"'))
    if "Deny" in actions and "Warn" in actions:
        errors.append(invalid(path, actions, _BOTH))
    return errors


def _row(obj: Object) -> list[Cell]:
    spec = obj.get("spec") or {}
    ref = spec.get("paramRef")
    shown = "<unset>"
    if ref is not None:
        shown = f"{ref.get('namespace') or '*'}/{ref.get('name') or '*'}"
    return [obj["metadata"]["name"], spec.get("policyName") or "", shown, age(obj)]


KIND = Kind(
    group="admissionregistration.k8s.io",
    kind="ValidatingAdmissionPolicyBinding",
    plural="validatingadmissionpolicybindings",
    singular="validatingadmissionpolicybinding",
    categories=("api-extensions",),
    namespaced=False,
    schema="io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicyBinding",
    columns=(NAME, Column("PolicyName"), Column("ParamRef"), AGE),
    row=_row,
    default=_default,
    validate=_validate,
    has_generation=True,
    refs=lambda obj: (REF,),
)
