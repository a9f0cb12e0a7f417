"""A registry for one user (distribution's HTTP API v2, reading only, basic authentication).

    python registry.py FOLDER PORT USER PASSWORD

FOLDER holds manifest.json and blobs/sha256:…; who was let in is written to FOLDER/log."""

from __future__ import annotations

import base64
import hashlib
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"


def handler(folder: Path, user: str, password: str) -> type[BaseHTTPRequestHandler]:
    wanted = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *args: object) -> None:
            """Say nothing."""

        def do_HEAD(self) -> None:
            self.do_GET()

        def do_GET(self) -> None:
            if self.headers.get("Authorization") != wanted:
                body = b'{"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]}'
                self._answer(401, body, **{"WWW-Authenticate": 'Basic realm="test"'})
                return
            with open(folder / "log", "a") as log:
                log.write(f"{self.command} {self.path}\n")
            if self.path == "/v2/":
                self._answer(200, b"{}")
            elif "/manifests/" in self.path:
                self._found(folder / "manifest.json", MANIFEST)
            else:
                self._found(folder / "blobs" / Path(self.path).name, "application/octet-stream")

        def _found(self, path: Path, kind: str) -> None:
            if not path.is_file():
                self._answer(404, b"{}")
                return
            data = path.read_bytes()
            digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
            self._answer(200, data, kind, **{"Docker-Content-Digest": digest})

        def _answer(
            self, status: int, body: bytes, kind: str = "application/json", **headers: str
        ) -> None:
            self.send_response(status)
            self.send_header("Docker-Distribution-Api-Version", "registry/2.0")
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

    return Handler


if __name__ == "__main__":
    place, port, who, secret = sys.argv[1:]
    ThreadingHTTPServer(("127.0.0.1", int(port)), handler(Path(place), who, secret)).serve_forever()
