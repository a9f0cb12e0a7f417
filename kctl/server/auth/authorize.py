"""Whether a request may go on: from its RequestInfo to the authorizer's question."""

from __future__ import annotations

from kctl.api.authorization.authorizer import Attributes, Authorizer
from kctl.api.authorization.messages import require
from kctl.api.user import User
from kctl.server.info import RequestInfo

STREAMS = frozenset(("attach", "exec", "portforward"))
"""Subresources of pods that a WebSocket opens with GET: whoever may only read is not to run a
command, so that takes the right to create too (AuthorizePodWebsocketUpgradeCreatePermission)."""


def attributes(user: User, info: RequestInfo) -> Attributes:
    if not info.resource_request:
        return Attributes(user, info.verb, path=info.path)
    return Attributes(
        user,
        info.verb,
        info.group,
        info.resource,
        info.subresource,
        info.namespace,
        info.name,
    )


def authorize(authorizer: Authorizer, user: User, info: RequestInfo) -> None:
    """Raises ApiError 403 with Kubernetes' words."""
    asked = attributes(user, info)
    require(authorizer, asked)
    if asked.verb == "get" and asked.resource == "pods" and asked.subresource in STREAMS:
        require(authorizer, asked._replace(verb="create"))
