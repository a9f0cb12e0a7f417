"""What is said to whom may not: the API server's own words, which clients print."""

from __future__ import annotations

import json

from kctl.api.authorization.authorizer import Attributes, Authorizer
from kctl.api.errors import ApiError, forbidden


def describe(asked: Attributes) -> str:
    """'User "x" cannot list resource "pods" in API group "" in the namespace "default"'."""
    who = f"User {_quote(asked.user.name)} cannot {asked.verb}"
    if asked.path is not None:
        return f"{who} path {_quote(asked.path)}"
    resource = f"{asked.resource}/{asked.subresource}" if asked.subresource else asked.resource
    what = f"{who} resource {_quote(resource)} in API group {_quote(asked.group)}"
    if asked.namespace:
        return f"{what} in the namespace {_quote(asked.namespace)}"
    return f"{what} at the cluster scope"


def refusal(asked: Attributes, reason: str = "") -> ApiError:
    """The 403 for a request that authorization refused."""
    why = f"{describe(asked)}: {reason}" if reason else describe(asked)
    if asked.path is not None:
        return ApiError(403, "Forbidden", f"forbidden: {why}")
    qualified = f"{asked.resource}.{asked.group}" if asked.group else asked.resource
    return forbidden(qualified, asked.name, why)


def require(authorizer: Authorizer, asked: Attributes) -> None:
    """Raises ApiError 403 where it is not allowed."""
    decision = authorizer.authorize(asked)
    if not decision.allowed:
        raise refusal(asked, decision.reason)


def _quote(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
