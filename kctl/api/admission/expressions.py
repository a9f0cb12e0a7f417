"""Expressions about requests: their variables, and what is wrong with them.

For matchConditions of webhooks and for policies; imported with the kinds that declare them,
while the CEL library is imported when there is an expression.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from kctl.api.fields import FieldError, required, show

Types = tuple[tuple[str, str], ...]

REQUEST: Types = (
    ("object", "dyn"),
    ("oldObject", "dyn"),
    ("request", "dyn"),
    ("authorizer", "kubernetes.authorization.Authorizer"),
    ("authorizer.requestResource", "kubernetes.authorization.ResourceCheck"),
)
"""What every expression about a request may read."""
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)


def policy_types(spec: Mapping[str, Any], upto: int | None = None) -> Types:
    """The variables of a policy's expressions; `upto`: with only so many of its own."""
    own = [each.get("name") or "" for each in (spec.get("variables") or ())][:upto]
    params: Types = (("params", "dyn"),) if spec.get("paramKind") else ()
    declared = tuple((f"variables.{name}", "dyn") for name in own if _NAME.fullmatch(name))
    return (*REQUEST, ("namespaceObject", "dyn"), *params, *declared)


def expression_error(text: Any, path: str, wanted: str, types: Types = REQUEST) -> list[FieldError]:
    """`wanted` is "bool", "string" or "" for either of what may stand there."""
    if not text or not str(text).strip():
        return [required(path)]
    from kctl.api.cel.expression import CompileError, compile

    try:
        found = compile(str(text).strip(), types)
    except CompileError as error:
        detail = f"compilation failed: {error}"
        return [FieldError("FieldValueInvalid", path, detail, show(str(text)))]
    if wanted and found.result not in (wanted, "dyn"):
        detail = f"must evaluate to {wanted}"
        return [FieldError("FieldValueInvalid", path, detail, show(str(text)))]
    return []


def variable_errors(
    variables: Sequence[Mapping[str, Any]], path: str, spec: Mapping[str, Any]
) -> list[FieldError]:
    """A variable may read those before it."""
    errors: list[FieldError] = []
    for at, each in enumerate(variables):
        where = f"{path}[{at}]"
        name = each.get("name") or ""
        if not name:
            errors.append(required(f"{where}.name", "name is not specified"))
        elif not _NAME.fullmatch(name):
            detail = "name is not a valid CEL identifier"
            errors.append(FieldError("FieldValueInvalid", f"{where}.name", detail, show(name)))
        types = policy_types(spec, at)
        errors += expression_error(each.get("expression"), f"{where}.expression", "", types)
    return errors
