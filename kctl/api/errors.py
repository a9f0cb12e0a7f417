"""The errors of the API: a Kubernetes Status each, raised as an exception.

Texts are Kubernetes' own, since clients print them verbatim. A new error is a
function here, so that its wording stands in one place.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kctl.api.fields import FieldError


class ApiError(Exception):
    """A failed request. `status` is the Status object that a server would answer."""

    def __init__(
        self, code: int, reason: str, message: str, details: dict[str, Any] | None = None
    ) -> None:
        super().__init__(message)
        self.code, self.reason, self.message = code, reason, message
        self.details = details or {}

    @property
    def status(self) -> dict[str, Any]:
        """The Status object of kind "Status", apiVersion "v1"."""
        status: dict[str, Any] = {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": self.message,
            "reason": self.reason,
        }
        if self.details:
            status["details"] = self.details
        status["code"] = self.code
        return status


def _details(resource: str, name: str = "", **more: Any) -> dict[str, Any]:
    plural, _, group = resource.partition(".")
    details: dict[str, Any] = {"name": name} if name else {}
    if group:
        details["group"] = group
    return {**details, "kind": plural, **more}


def not_found(resource: str, name: str) -> ApiError:
    """`resource` as in `Key.resource`: "pods", "deployments.apps"."""
    return ApiError(404, "NotFound", f'{resource} "{name}" not found', _details(resource, name))


def already_exists(resource: str, name: str) -> ApiError:
    return ApiError(
        409, "AlreadyExists", f'{resource} "{name}" already exists', _details(resource, name)
    )


def conflict(resource: str, name: str, why: str = "") -> ApiError:
    why = why or (
        "the object has been modified; please apply your changes to the latest version "
        "and try again"
    )
    return ApiError(
        409,
        "Conflict",
        f'Operation cannot be fulfilled on {resource} "{name}": {why}',
        _details(resource, name),
    )


def invalid(group: str, kind: str, name: str, causes: Sequence[FieldError]) -> ApiError:
    """422 with every cause, as apimachinery's NewInvalid words it."""
    qualified = f"{kind}.{group}" if group else kind
    texts = list(dict.fromkeys(str(cause) for cause in causes))
    body = texts[0] if len(texts) == 1 else "[" + ", ".join(texts) + "]"
    details: dict[str, Any] = {"name": name} if name else {}
    if group:
        details["group"] = group
    details["kind"] = kind
    details["causes"] = [cause.cause() for cause in causes]
    return ApiError(422, "Invalid", f'{qualified} "{name}" is invalid: {body}', details)


def bad_request(message: str) -> ApiError:
    return ApiError(400, "BadRequest", message)


def forbidden(resource: str, name: str, why: str) -> ApiError:
    quoted = f' "{name}"' if name else ""
    return ApiError(
        403, "Forbidden", f"{resource}{quoted} is forbidden: {why}", _details(resource, name)
    )


def gone(message: str) -> ApiError:
    """410: a list or watch asked for a revision that was compacted."""
    return ApiError(410, "Expired", message)


def method_not_supported(resource: str, verb: str) -> ApiError:
    return ApiError(
        405,
        "MethodNotAllowed",
        f'{verb} is not supported on resources of kind "{resource}"',
        _details(resource),
    )


def too_many_requests(message: str) -> ApiError:
    return ApiError(429, "TooManyRequests", message)


def budget_spent(why: str, *, retry_after: int = 0) -> ApiError:
    """429: an eviction that a PodDisruptionBudget does not allow now."""
    details: dict[str, Any] = {"causes": [{"reason": "DisruptionBudget", "message": why}]}
    if retry_after:
        details["retryAfterSeconds"] = retry_after
    message = "Cannot evict pod as it would violate the pod's disruption budget."
    return ApiError(429, "TooManyRequests", message, details)


def internal(message: str) -> ApiError:
    return ApiError(500, "InternalError", f"Internal error occurred: {message}")
