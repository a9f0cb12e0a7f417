"""Requests that somebody else's generator draws from the served OpenAPI documents, sensible and
senseless ones: none breaks the server."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.integration.serve.served import Served

EXAMPLES = 2
"""Requests of each operation and kind of sense."""
STREAMS = ("proxy", "exec", "attach", "portforward", "log")
ENDLESS = ("watch", "sendInitialEvents")
LIKE_KUBERNETES = {"resourceVersion should not be set on objects to be created"}
"""What an API server, too, answers with the code 500."""
OBJECTS = [
    {"apiVersion": "v1", "kind": "ConfigMap", "data": {"a": "b"}},
    {"apiVersion": "v1", "kind": "Secret", "data": {"a": "Yg=="}},
    {"apiVersion": "v1", "kind": "Service", "spec": {"ports": [{"port": 80}]}},
    {"apiVersion": "v1", "kind": "ServiceAccount"},
    {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "rules": []},
    {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "spec": {"holderIdentity": "a"}},
    {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "spec": {
            "replicas": 0,
            "selector": {"matchLabels": {"a": "b"}},
            "template": {
                "metadata": {"labels": {"a": "b"}},
                "spec": {"containers": [{"name": "c", "image": "i"}]},
            },
        },
    },
]


def _document(served: Served) -> dict[str, Any]:
    """All that are served as one, with names that exist, without what never ends."""
    paths: dict[str, Any] = {}
    schemas: dict[str, Any] = {}
    for name in served.request("GET", "/openapi/v3").json["paths"]:
        found = served.request("GET", f"/openapi/v3/{name}").json
        paths |= found["paths"]
        schemas |= found["components"]["schemas"]
    for path in [each for each in paths if each.removesuffix("/{path}").endswith(STREAMS)]:
        del paths[path]
    for methods in paths.values():
        for place in [methods, *(each for each in methods.values() if isinstance(each, dict))]:
            if "parameters" in place:
                place["parameters"] = [_known(each) for each in place["parameters"]]
                place["parameters"] = [each for each in place["parameters"] if each]
    about = {"title": "kctl", "version": "1"}
    return {
        "openapi": "3.0.0",
        "info": about,
        "paths": paths,
        "components": {"schemas": schemas},
    }


def _known(parameter: dict[str, Any]) -> dict[str, Any]:
    if parameter["name"] in ENDLESS:
        return {}
    if parameter["in"] != "path":
        return parameter
    names = ["default"] if parameter["name"] == "namespace" else ["fuzz", "default"]
    return {**parameter, "schema": {"type": "string", "enum": names}}


def test_no_request_of_the_documents_breaks_the_server(served: Served, tmp_path: Path) -> None:
    meta = {"name": "fuzz", "namespace": "default"}
    served.apply(*({**each, "metadata": meta} for each in OBJECTS))
    (tmp_path / "openapi.json").write_text(json.dumps(_document(served)))
    pki, own = served.home / "pki", tmp_path / "admin.pem"
    own.touch(0o600)
    own.write_text((pki / "admin.crt").read_text() + (pki / "admin.key").read_text())
    ran = subprocess.run(
        [
            *(sys.executable, "-m", "schemathesis.cli", "run", "openapi.json"),
            *("--url", served.url, "--tls-verify", str(pki / "ca.crt")),
            *("--request-cert", str(own), "--request-timeout", "20"),
            *("--checks", "not_a_server_error", "--phases", "fuzzing", "--seed", "1"),
            *("--max-examples", str(EXAMPLES), "--workers", "4", "--continue-on-failure"),
            *("--no-shrink", "--suppress-health-check", "all", "--no-color"),
            *("--output-truncate", "false"),
        ],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=280,
    )
    tested = re.search(r"Tested: (\d+)", ran.stdout)
    assert tested is not None and int(tested[1]) > 300, ran.stdout + ran.stderr
    failed = re.findall(r"^\[5\d\d\].*?`(.*?)`", ran.stdout, re.MULTILINE | re.DOTALL)
    assert {json.loads(each)["message"] for each in failed} <= LIKE_KUBERNETES, ran.stdout
    assert "error:" not in served.log(), served.log()
    assert "= ERRORS =" not in ran.stdout, ran.stdout
