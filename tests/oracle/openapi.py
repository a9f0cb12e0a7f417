"""A server of discovery and OpenAPI documents alone: what `kubectl explain` asks for."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from kctl.api.errors import ApiError
from kctl.api.openapi import V2_CONTENT_TYPE, Documents
from kctl.api.registry import Kinds
from kctl.server.discovery import aggregated

DISCOVERY_TYPE = "application/json;g=apidiscovery.k8s.io;v={};as=APIGroupDiscoveryList"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    kinds: Kinds
    documents: Documents

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet."""

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        try:
            body, content_type = self._answer(path)
            code = 200
        except ApiError as error:
            body, content_type, code = json.dumps(error.status).encode(), "application/json", 404
        self.send_response(code)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _answer(self, path: str) -> tuple[bytes, str]:
        if path in ("/api", "/apis"):
            form = "v2" if ";v=v2;" in (self.headers["Accept"] or "") else "v2beta1"
            found = aggregated(self.kinds, [], core=path == "/api", form=form)
            return json.dumps(found).encode(), DISCOVERY_TYPE.format(form)
        if path == "/openapi/v2":
            return self.documents.v2_protobuf(), V2_CONTENT_TYPE
        if path == "/openapi/v3":
            return json.dumps(self.documents.v3_index()).encode(), "application/json"
        return self.documents.v3_bytes(path.removeprefix("/openapi/v3/")), "application/json"


@contextmanager
def serving(kinds: Kinds, documents: Documents) -> Iterator[str]:
    """The URL of a server on loopback."""
    handler = type("OpenApi", (Handler,), {"kinds": kinds, "documents": documents})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
