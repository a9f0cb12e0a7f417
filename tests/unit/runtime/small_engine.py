"""As much of the Engine API as loading an image needs, behind a real socket: an engine that
wants complete archives, since the one of the integration tests does not."""

from __future__ import annotations

import io
import json
import socketserver
import tarfile
import threading
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

from kctl.runtime.image_archive import chains


class SmallEngine:
    """`whole`: refuse an archive that lacks a layer; `tells`: and say so in /info."""

    def __init__(self, folder: Path, *, whole: bool, tells: bool = False) -> None:
        self.whole, self.tells = whole, tells
        self.images: dict[str, list[str]] = {}
        """ID -> layers"""
        self.uploads: list[int] = []
        """bytes of each"""
        self.path = folder / "engine.sock"
        self._server = _Server(str(self.path), _handler(self))
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"unix://{self.path}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def load(self, data: bytes) -> str:
        """The error, "" where there is none."""
        from tests.unit.runtime.archives import digest

        self.uploads.append(len(data))
        with tarfile.open(fileobj=io.BytesIO(data)) as tar:
            names = set(tar.getnames())
            (manifest,) = json.loads(tar.extractfile("manifest.json").read())  # type: ignore[union-attr]
            config = tar.extractfile(manifest["Config"]).read()  # type: ignore[union-attr]
        diff_ids = json.loads(config)["rootfs"]["diff_ids"]
        known = {chain for layers in self.images.values() for chain in chains(layers)}
        for chain, path in zip(chains(diff_ids), manifest["Layers"], strict=True):
            if path not in names and (self.whole or chain not in known):
                return f"open {path}: no such file or directory"
        self.images[digest(config)] = diff_ids
        return ""


class _Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True


def _handler(engine: SmallEngine) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *args: Any) -> None:
            """Say nothing."""

        def address_string(self) -> str:
            return "unix"

        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            if path.endswith("/version"):
                self._answer(200, {"ApiVersion": "1.41", "MinAPIVersion": "1.12"})
            elif path.endswith("/info"):
                kind = "io.containerd.snapshotter.v1"
                self._answer(200, {"DriverStatus": [["driver-type", kind]] if engine.tells else []})
            elif path.endswith("/images/json"):
                self._answer(200, [{"Id": each} for each in engine.images])
            else:
                name = path.split("/images/")[1].removesuffix("/json")
                if name not in engine.images:
                    self._answer(404, {"message": f"No such image: {name}"})
                else:
                    layers = {"RootFS": {"Layers": engine.images[name]}}
                    self._answer(200, {"Id": name, **layers})

        def do_POST(self) -> None:
            data = self.rfile.read(int(self.headers["Content-Length"]))
            error = engine.load(data)
            self._answer(200, {"error": error} if error else {"stream": "Loaded"})

        def _answer(self, status: int, content: Any) -> None:
            body = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    return Handler
