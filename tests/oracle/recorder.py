"""A server that takes what kubectl creates, keeps the bytes and sends them back.

It knows enough of the API for kubectl's generators: discovery of the kinds that they
make, the shortest OpenAPI documents, and an answer to POST that is the request's body.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

OPENAPI_V2 = b"\n\x032.0\x12\x12\n\nKubernetes\x12\x041.37B\x00"
OPENAPI_TYPE = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf"
VERBS = ["create", "delete", "get", "list", "patch", "update", "watch"]
KINDS = (
    ("", "v1", "ConfigMap", "configmaps"),
    ("", "v1", "Namespace", "namespaces"),
    ("", "v1", "Pod", "pods"),
    ("", "v1", "ResourceQuota", "resourcequotas"),
    ("", "v1", "Secret", "secrets"),
    ("", "v1", "Service", "services"),
    ("", "v1", "ServiceAccount", "serviceaccounts"),
    ("apps", "v1", "Deployment", "deployments"),
    ("batch", "v1", "CronJob", "cronjobs"),
    ("batch", "v1", "Job", "jobs"),
    ("networking.k8s.io", "v1", "Ingress", "ingresses"),
    ("policy", "v1", "PodDisruptionBudget", "poddisruptionbudgets"),
    ("rbac.authorization.k8s.io", "v1", "ClusterRole", "clusterroles"),
    ("rbac.authorization.k8s.io", "v1", "ClusterRoleBinding", "clusterrolebindings"),
    ("rbac.authorization.k8s.io", "v1", "Role", "roles"),
    ("rbac.authorization.k8s.io", "v1", "RoleBinding", "rolebindings"),
    ("scheduling.k8s.io", "v1", "PriorityClass", "priorityclasses"),
)
CLUSTER_WIDE = {"namespaces", "clusterroles", "clusterrolebindings", "priorityclasses"}


class Recorded(NamedTuple):
    method: str
    path: str
    content_type: str
    accept: str
    body: bytes


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    recorded: list[Recorded]

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet: the bytes are what a test reads."""

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path in ("/api", "/apis"):
            kind = "application/json;g=apidiscovery.k8s.io;v={};as=APIGroupDiscoveryList"
            version = "v2" if "v=v2;" in (self.headers["Accept"] or "") else "v2beta1"
            self._send(200, _discovery(path == "/api", version), kind.format(version))
        elif path == "/openapi/v2":
            self._send(200, OPENAPI_V2, OPENAPI_TYPE)
        elif path == "/openapi/v3":
            self._send(200, b'{"paths": {}}')
        else:
            self._send(404, b'{"kind":"Status","apiVersion":"v1","status":"Failure","code":404}')

    def do_POST(self) -> None:
        self._keep(201)

    def do_PUT(self) -> None:
        self._keep(200)

    def do_DELETE(self) -> None:
        self._keep(200)

    def _keep(self, code: int) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        kind = self.headers.get("Content-Type") or ""
        accept = self.headers.get("Accept") or ""
        self.recorded.append(Recorded(self.command, self.path, kind, accept, body))
        self._send(code, body, kind or "application/json")

    def _send(self, code: int, body: bytes, content_type: str = "application/json") -> None:
        self.send_response(code)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _discovery(core: bool, api_version: str) -> bytes:
    groups: dict[str, dict[str, list[Any]]] = {}
    for group, version, kind, plural in KINDS:
        if (group == "") == core:
            resource = {
                "resource": plural,
                "responseKind": {"group": group, "version": version, "kind": kind},
                "scope": "Cluster" if plural in CLUSTER_WIDE else "Namespaced",
                "singularResource": kind.lower(),
                "verbs": VERBS,
            }
            groups.setdefault(group, {}).setdefault(version, []).append(resource)
    items = [
        {
            "metadata": {"name": group or None},
            "versions": [
                {"version": version, "freshness": "Current", "resources": resources}
                for version, resources in versions.items()
            ],
        }
        for group, versions in groups.items()
    ]
    document = {
        "kind": "APIGroupDiscoveryList",
        "apiVersion": f"apidiscovery.k8s.io/{api_version}",
        "metadata": {},
        "items": items,
    }
    return json.dumps(document).encode()


@contextmanager
def recording() -> Iterator[tuple[str, list[Recorded]]]:
    """(the URL of a server on loopback, what it was sent so far)."""
    recorded: list[Recorded] = []
    handler = type("Recording", (Handler,), {"recorded": recorded})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", recorded
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
