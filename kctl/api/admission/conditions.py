"""Expressions about a request, evaluated: its variables, matchConditions, the authorizer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from kctl.api.admission.attributes import Attributes
from kctl.api.admission.expressions import REQUEST
from kctl.api.cel.authorizer import Check, Decision
from kctl.api.cel.expression import PER_CALL, CompileError, compile
from kctl.api.cel.values import Budget, CelError, CostExceeded
from kctl.api.user import User

TOO_COSTLY = "operation cancelled: actual cost limit exceeded"


class EvaluationError(Exception):
    """An expression that has no value, in Kubernetes' words."""


def variables_of(about: Attributes, uid: str = "") -> dict[str, Any]:
    """object, oldObject, request and authorizer."""
    review = about.review(uid, about.kind.version)
    authorizer = Check(_asker(about))
    own = Check(
        authorizer.ask,
        "resource",
        group=about.kind.group,
        resource=about.kind.plural,
        subresource=about.request.subresource,
        namespace=about.namespace,
        name=about.name,
    )
    return {
        "object": review.pop("object"),
        "oldObject": review.pop("oldObject"),
        "request": review,
        "authorizer": authorizer,
        "authorizer.requestResource": own,
    }


def _asker(about: Attributes) -> Callable[[Check, str], Decision]:
    def ask(check: Check, verb: str) -> Decision:
        from kctl.api.authorization.authorizer import Attributes as Asked
        from kctl.api.authorization.authorizer import Authorizer

        user = about.user
        if check.account is not None:
            namespace, name = check.account
            groups = ("system:serviceaccounts", f"system:serviceaccounts:{namespace}")
            user = User(f"system:serviceaccount:{namespace}:{name}", groups)
        authorizer = Authorizer(lambda resource: about.request.list(resource))
        path = check.path if check.kind == "path" else None
        found = authorizer.authorize(
            Asked(
                user, verb, check.group, check.resource, check.subresource, check.namespace,
                check.name, path,
            )
        )  # fmt: skip
        return Decision(found.allowed, found.reason)

    return ask


def evaluate(
    text: str, types: Sequence[tuple[str, str]], variables: Mapping[str, Any], budget: Budget
) -> Any:
    """Raises EvaluationError."""
    own = Budget(min(PER_CALL, max(budget.left, 0)))
    given = own.left
    try:
        return compile(text.strip(), tuple(types)).evaluate(variables, own)
    except CompileError as error:
        raise EvaluationError(f"compilation error: compilation failed: {error}") from None
    except CelError as error:
        raise EvaluationError(str(error)) from None
    except CostExceeded:
        raise EvaluationError(TOO_COSTLY) from None
    finally:
        budget.left -= given - own.left


def matches(
    conditions: Sequence[Mapping[str, Any]],
    variables: Mapping[str, Any],
    types: Sequence[tuple[str, str]] = REQUEST,
) -> bool:
    """Whether every condition holds. One that is false decides; else an error is raised
    (EvaluationError)."""
    problems = []
    budget = Budget(PER_CALL * 10)
    for each in conditions:
        try:
            if evaluate(each["expression"], types, variables, budget) is not True:
                return False
        except EvaluationError as error:
            problems.append(f"expression '{each['expression']}' resulted in error: {error}")
    if problems:
        shown = problems[0] if len(problems) == 1 else "[" + ", ".join(problems) + "]"
        raise EvaluationError(shown)
    return True
