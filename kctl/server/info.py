"""What a request asks for, read from its method, path and query alone.

Authorization, audit and the handlers all go by this, as they go by the RequestInfo of the
Kubernetes API server (apiserver's request.RequestInfoFactory).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

VERBS = {
    "POST": "create",
    "GET": "get",
    "HEAD": "get",
    "PUT": "update",
    "PATCH": "patch",
    "DELETE": "delete",
}
_ONE_NAME = re.compile(r"metadata\.name==?([a-z0-9]([-a-z0-9.]*[a-z0-9])?)")
NAMESPACE_PARTS = ("status", "finalize")


class RequestInfo(NamedTuple):
    """`verb` is Kubernetes' ("list", "deletecollection", "watch") for resources, the HTTP
    method in lower case for other paths. `rest` is what follows a proxy subresource."""

    path: str
    verb: str
    resource_request: bool = False
    group: str = ""
    version: str = ""
    namespace: str = ""
    resource: str = ""
    """the plural alone: "pods", "deployments" """
    subresource: str = ""
    name: str = ""
    rest: str = ""

    @property
    def qualified(self) -> str:
        """ "pods" or "deployments.apps", as a kind's `resource`."""
        return f"{self.resource}.{self.group}" if self.group else self.resource


def request_info(method: str, path: str, query: Mapping[str, str]) -> RequestInfo:
    """`path` is decoded; `query` has the last value of each parameter."""
    other = RequestInfo(path, method.lower())
    parts = path.strip("/").split("/")
    if parts[0] == "api" and len(parts) >= 3:
        group, version, parts = "", parts[1], parts[2:]
    elif parts[0] == "apis" and len(parts) >= 4:
        group, version, parts = parts[1], parts[2], parts[3:]
    else:
        return other
    namespace = ""
    if parts[0] == "namespaces" and len(parts) > 1:
        namespace = parts[1]
        if len(parts) > 2 and parts[2] not in NAMESPACE_PARTS:
            parts = parts[2:]
    resource, name = parts[0], parts[1] if len(parts) > 1 else ""
    verb = VERBS.get(method, "")
    return RequestInfo(
        path,
        verb if name else _collection_verb(verb, query),
        True,
        group,
        version,
        namespace,
        resource,
        parts[2] if len(parts) > 2 else "",
        name or _selected_name(verb, query),
        "/".join(parts[3:]),
    )


def _collection_verb(verb: str, query: Mapping[str, str]) -> str:
    if verb == "delete":
        return "deletecollection"
    if verb != "get":
        return verb
    return "watch" if query.get("watch", "false").lower() not in ("0", "false") else "list"


def _selected_name(verb: str, query: Mapping[str, str]) -> str:
    """A list or watch that selects one object by its name counts as one of that name."""
    if verb != "get":
        return ""
    found = _ONE_NAME.fullmatch(query.get("fieldSelector", ""))
    return found.group(1) if found else ""
