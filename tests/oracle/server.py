"""A small Kubernetes API over kctl's Api, so that the real kubectl can be the oracle.

Tests start it on loopback, point the pinned kubectl at it, and compare what kubectl
prints with what kctl prints for the same objects. It serves what kubectl asks for in
those comparisons: discovery, get, list (also as Table), watch by polling, create, patch,
update, delete in JSON (create in protobuf too), and server-side apply.
"""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from kctl.api.api import Api
from kctl.api.errors import ApiError
from kctl.api.kind import Kind
from kctl.api.manifests import load
from kctl.api.protobuf import MAGIC, decode
from kctl.api.registry import Kinds
from kctl.printing.cells import human_duration
from kctl.store.errors import StoreError

Object = dict[str, Any]

OPENAPI_V2 = b"\n\x032.0\x12\x12\n\nKubernetes\x12\x041.37B\x00"
EVICTION_SUPPORT = {
    "kind": "APIResourceList",
    "apiVersion": "v1",
    "groupVersion": "v1",
    "resources": [
        {
            "name": "pods/eviction",
            "singularName": "",
            "namespaced": True,
            "group": "policy",
            "version": "v1",
            "kind": "Eviction",
            "verbs": ["create"],
        }
    ],
}
"""What `drain` asks the older discovery for."""
PATCHES = {
    "application/strategic-merge-patch+json": "strategic",
    "application/merge-patch+json": "merge",
    "application/json-patch+json": "json",
}


class Oracle:
    """What a request handler needs: the Api behind a lock, since it is not thread-safe."""

    def __init__(self, api: Api, kinds: Kinds) -> None:
        self.api, self.kinds, self.lock = api, kinds, threading.Lock()

    def discovery(self, core: bool) -> Object:
        groups: dict[str, dict[str, list[Kind]]] = {}
        for kind in self.kinds:
            if (kind.group == "") == core:
                groups.setdefault(kind.group, {}).setdefault(kind.version, []).append(kind)
        return {
            "kind": "APIGroupDiscoveryList",
            "apiVersion": "apidiscovery.k8s.io/v2",
            "metadata": {},
            "items": [
                {
                    "metadata": {"name": group or None},
                    "versions": [
                        {
                            "version": version,
                            "freshness": "Current",
                            "resources": [_resource(kind) for kind in kinds],
                        }
                        for version, kinds in versions.items()
                    ],
                }
                for group, versions in groups.items()
            ],
        }

    def kind_at(self, group: str, version: str, plural: str) -> Kind | None:
        for kind in self.kinds:
            if (kind.group, kind.version, kind.plural) == (group, version, plural):
                return kind
        return None


def _resource(kind: Kind) -> Object:
    verbs = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"]
    response = {"group": kind.group, "version": kind.version, "kind": kind.kind}
    resource: Object = {
        "resource": kind.plural,
        "responseKind": response,
        "scope": "Namespaced" if kind.namespaced else "Cluster",
        "singularResource": kind.singular or kind.kind.lower(),
        "verbs": verbs,
        "shortNames": list(kind.short_names),
        "categories": list(kind.categories),
    }
    if kind.scale:
        scale = {"group": "autoscaling", "version": "v1", "kind": "Scale"}
        resource["subresources"] = [
            {"subresource": "scale", "responseKind": scale, "verbs": ["get", "patch", "update"]}
        ]
    return resource


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    oracle: Oracle

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet: kubectl's own output is what a test reads."""

    def do_GET(self) -> None:
        self._serve("GET")

    def do_POST(self) -> None:
        self._serve("POST")

    def do_PUT(self) -> None:
        self._serve("PUT")

    def do_PATCH(self) -> None:
        self._serve("PATCH")

    def do_DELETE(self) -> None:
        self._serve("DELETE")

    def _serve(self, verb: str) -> None:
        url = urlsplit(self.path)
        query = {name: values[-1] for name, values in parse_qs(url.query).items()}
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length) if length else b""
        try:
            with self.oracle.lock:
                answer = self._answer(verb, unquote(url.path), query, body)
        except ApiError as error:
            self._send(error.code, json.dumps(error.status).encode())
            return
        if answer is not None:
            self._send(*answer)

    def _send(self, code: int, body: bytes, content_type: str = "application/json") -> None:
        self.send_response(code)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _answer(
        self, verb: str, path: str, query: dict[str, str], body: bytes
    ) -> tuple[int, bytes] | tuple[int, bytes, str] | None:
        if path in ("/api", "/apis"):
            kind = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
            return 200, json.dumps(self.oracle.discovery(path == "/api")).encode(), kind
        if path == "/api/v1":
            return 200, json.dumps(EVICTION_SUPPORT).encode()
        if path == "/version":
            version = {"major": "1", "minor": "37", "gitVersion": "v1.37.1"}
            return 200, json.dumps(version).encode()
        if path == "/openapi/v2":
            kind = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf"
            return 200, OPENAPI_V2, kind
        if path == "/openapi/v3":
            return 200, json.dumps({"paths": self._openapi_paths()}).encode()
        if path.startswith("/openapi/v3/"):
            return 200, json.dumps(self._openapi(path.removeprefix("/openapi/v3/"))).encode()
        return self._resource_request(verb, path, query, body)

    def _openapi_paths(self) -> Object:
        versions = {_prefix(kind) for kind in self.oracle.kinds}
        return {each: {"serverRelativeURL": f"/openapi/v3/{each}?hash=1"} for each in versions}

    def _openapi(self, prefix: str) -> Object:
        paths = {}
        for kind in self.oracle.kinds:
            if _prefix(kind) != prefix:
                continue
            namespaced = "namespaces/{namespace}/" if kind.namespaced else ""
            gvk = {"group": kind.group, "version": kind.version, "kind": kind.kind}
            paths[f"/{prefix}/{namespaced}{kind.plural}/{{name}}"] = {
                "patch": {
                    "parameters": [{"name": "fieldValidation", "in": "query"}],
                    "x-kubernetes-group-version-kind": gvk,
                    "responses": {},
                }
            }
        info = {"title": "Kubernetes", "version": "1.37"}
        return {"openapi": "3.0.0", "info": info, "paths": paths}

    def _resource_request(
        self, verb: str, path: str, query: dict[str, str], body: bytes
    ) -> tuple[int, bytes] | None:
        parts = path.strip("/").split("/")
        group, version, rest = (
            ("", parts[1], parts[2:]) if parts[0] == "api" else (parts[1], parts[2], parts[3:])
        )
        namespace = ""
        if rest[0] == "namespaces" and len(rest) > 2:
            namespace, rest = rest[1], rest[2:]
        kind = self.oracle.kind_at(group, version, rest[0])
        if kind is None:
            raise ApiError(404, "NotFound", "the server could not find the requested resource")
        name = rest[1] if len(rest) > 1 else ""
        subresource = rest[2] if len(rest) > 2 else ""
        if verb == "GET":
            return self._read(kind, namespace, name, subresource, query)
        return self._write(verb, kind, namespace, name, subresource, query, body)

    def _read(
        self, kind: Kind, namespace: str, name: str, subresource: str, query: dict[str, str]
    ) -> tuple[int, bytes] | None:
        api = self.oracle.api
        if subresource == "scale":
            return 200, json.dumps(api.get_scale(kind, name, namespace)).encode()
        if query.get("watch") in ("true", "1"):
            self._watch(kind, namespace, query)
            return None
        table = "as=Table" in (self.headers.get("Accept") or "")
        whole = query.get("includeObject") == "Object"
        if name:
            obj = api.get(kind, name, namespace)
            version = obj["metadata"]["resourceVersion"]
            answer = _table(kind, [obj], version, whole=whole) if table else obj
            return 200, json.dumps(answer).encode()
        found = api.list(
            kind,
            namespace or None,
            label_selector=query.get("labelSelector", ""),
            field_selector=query.get("fieldSelector", ""),
        )
        if table:
            rows = _table(kind, list(found.items), str(found.revision), whole=whole)
            return 200, json.dumps(rows).encode()
        listed = {
            "apiVersion": kind.api_version,
            "kind": kind.kind + "List",
            "metadata": {"resourceVersion": str(found.revision)},
            "items": list(found.items),
        }
        return 200, json.dumps(listed).encode()

    def _watch(self, kind: Kind, namespace: str, query: dict[str, str]) -> None:
        """Events until the client goes away; bounded, since a test ends."""
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        selectors = {
            "label_selector": query.get("labelSelector", ""),
            "field_selector": query.get("fieldSelector", ""),
        }
        table = "as=Table" in (self.headers.get("Accept") or "")
        since = int(query.get("resourceVersion") or 0)
        if query.get("sendInitialEvents") == "true":
            since = self._initial_events(kind, namespace, selectors)
        deadline = time.monotonic() + 30
        self.oracle.lock.release()  # a watch lasts; the others go on
        try:
            while time.monotonic() < deadline:
                with self.oracle.lock:
                    events = list(
                        self.oracle.api.watch(kind, namespace or None, since=since, **selectors)
                    )
                for event in events:
                    since = int(event.obj["metadata"]["resourceVersion"])
                    obj = _table(kind, [event.obj], str(since)) if table else event.obj
                    self._event(event.type, obj)
                time.sleep(0.05)
        except (OSError, StoreError, sqlite3.Error):  # the client, or the test, is gone
            self.close_connection = True
        finally:
            self.oracle.lock.acquire()

    def _event(self, type_: str, obj: Object) -> None:
        line = json.dumps({"type": type_, "object": obj}).encode() + b"\n"
        self.wfile.write(f"{len(line):x}\r\n".encode() + line + b"\r\n")
        self.wfile.flush()

    def _initial_events(self, kind: Kind, namespace: str, selectors: dict[str, str]) -> int:
        """A streamed list: what is there, then the bookmark that ends it."""
        found = self.oracle.api.list(
            kind,
            namespace or None,
            label_selector=selectors["label_selector"],
            field_selector=selectors["field_selector"],
        )
        for obj in found.items:
            self._event("ADDED", obj)
        meta = {
            "resourceVersion": str(found.revision),
            "annotations": {"k8s.io/initial-events-end": "true"},
        }
        end = {"kind": kind.kind, "apiVersion": kind.api_version, "metadata": meta}
        self._event("BOOKMARK", end)
        return found.revision

    def _write(
        self,
        verb: str,
        kind: Kind,
        namespace: str,
        name: str,
        subresource: str,
        query: dict[str, str],
        body: bytes,
    ) -> tuple[int, bytes]:
        api = self.oracle.api
        dry_run = query.get("dryRun") == "All"
        manager = query.get("fieldManager") or self.headers["User-Agent"].partition("/")[0]
        if verb == "DELETE":
            options = _delete_options(body)
            dry_run = dry_run or bool(options.get("dryRun"))
            gone = api.delete(
                kind,
                name,
                namespace,
                propagation=options.get("propagationPolicy"),
                grace=options.get("gracePeriodSeconds"),
                dry_run=dry_run,
            )
            return 200, json.dumps(gone).encode()
        if verb == "PATCH" and self.headers["Content-Type"] == "application/apply-patch+yaml":
            applied = api.apply(
                kind,
                name,
                namespace,
                load(body, "patch")[0].obj,
                manager=query.get("fieldManager", ""),
                force=query.get("force") == "true",
                subresource=subresource,
                dry_run=dry_run,
            )
            return 200, json.dumps(applied).encode()
        if verb == "PATCH":
            patch_type = PATCHES[self.headers["Content-Type"]]
            patched = api.patch(
                kind,
                name,
                namespace,
                json.loads(body),
                patch_type,
                subresource=subresource,
                dry_run=dry_run,
                manager=manager,
            )
            return 200, json.dumps(patched).encode()
        obj = decode(body) if body.startswith(MAGIC) else json.loads(body)
        if subresource == "eviction":
            return 201, json.dumps(api.evict(name, namespace, obj, dry_run=dry_run)).encode()
        if verb == "POST":
            created = api.create(obj, namespace=namespace or None, dry_run=dry_run, manager=manager)
            return 201, json.dumps(created).encode()
        updated = api.update(obj, subresource=subresource, dry_run=dry_run, manager=manager)
        return 200, json.dumps(updated).encode()


def _delete_options(body: bytes) -> Object:
    """A DeleteOptions as JSON, or as the protobuf that kubectl's typed client sends."""
    if not body.startswith(b"k8s\0"):
        return dict(json.loads(body or b"{}"))
    raw = dict(_protobuf(body[4:])).get(2, b"")
    fields = dict(_protobuf(raw if isinstance(raw, bytes) else b""))
    options: Object = {}
    if 1 in fields:
        options["gracePeriodSeconds"] = fields[1]
    if 5 in fields:
        options["dryRun"] = ["All"]
    return options


def _protobuf(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    """(number, value) of each field of a message that has varints and lengths only."""
    at = 0

    def varint() -> int:
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
            shift += 7

    while at < len(data):
        number, wire = divmod(varint(), 8)
        value = varint()
        if wire == 0:
            yield number, value
            continue
        yield number, data[at : at + value]
        at += value


def _prefix(kind: Kind) -> str:
    return f"apis/{kind.api_version}" if kind.group else f"api/{kind.version}"


def _metadata(obj: Object) -> Object:
    return {
        "kind": "PartialObjectMetadata",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": obj["metadata"],
    }


def _cell(cell: Any, now: float) -> Any:
    """As the API server sends it: nothing made harmless, that is for kubectl to do."""
    if not isinstance(cell, list):
        return cell
    return "".join(part if isinstance(part, str) else human_duration(now - part) for part in cell)


def _table(kind: Kind, objects: list[Object], revision: str, *, whole: bool = False) -> Object:
    """`whole` puts the object itself into its row (includeObject=Object)."""
    now = time.time()
    return {
        "kind": "Table",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": {"resourceVersion": revision},
        "columnDefinitions": [
            {
                "name": column.name,
                "type": column.type,
                "format": column.format,
                "description": column.description,
                "priority": column.priority,
            }
            for column in kind.columns
        ],
        "rows": [
            {
                "cells": [_cell(cell, now) for cell in kind.row(obj)],
                "object": obj if whole else _metadata(obj),
            }
            for obj in objects
        ],
    }


@contextmanager
def serving(api: Api, kinds: Kinds, folder: Path) -> Iterator[Path]:
    """Serve on a free port of loopback; yields a kubeconfig in `folder` that names it."""
    handler = type("BoundHandler", (Handler,), {"oracle": Oracle(api, kinds)})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    config = folder / "kubeconfig"
    address = f"http://127.0.0.1:{server.server_address[1]}"
    config.write_text(
        json.dumps(
            {
                "apiVersion": "v1",
                "kind": "Config",
                "current-context": "oracle",
                "clusters": [{"name": "oracle", "cluster": {"server": address}}],
                "contexts": [{"name": "oracle", "context": {"cluster": "oracle", "user": "u"}}],
                "users": [{"name": "u", "user": {}}],
            }
        )
    )
    try:
        yield config
    finally:
        server.shutdown()
        server.server_close()
