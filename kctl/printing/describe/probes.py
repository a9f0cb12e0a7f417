"""A probe in one line, as `describe` shows it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

PATH_SAFE = "$&+,/:;=@~"
"""What Go's URLs leave as it is in a path, beside letters, digits and "-_."."""


def probe_text(probe: Mapping[str, Any]) -> str:
    """What it does, then its numbers."""
    numbers = (
        f"delay={probe.get('initialDelaySeconds', 0)}s timeout={probe.get('timeoutSeconds', 0)}s "
        f"period={probe.get('periodSeconds', 0)}s "
        f"successThreshold={probe.get('successThreshold', 0)} "
        f"failureThreshold={probe.get('failureThreshold', 0)}"
    )
    if "exec" in probe:
        return f"exec [{' '.join(probe['exec'].get('command') or [])}] {numbers}"
    if "httpGet" in probe:
        return f"http-get {_url(probe['httpGet'])} {numbers}"
    if "tcpSocket" in probe:
        socket = probe["tcpSocket"]
        return f"tcp-socket {socket.get('host', '')}:{socket.get('port', '')} {numbers}"
    if "grpc" in probe:
        grpc = probe["grpc"]
        return f"grpc <pod>:{grpc.get('port', 0)} {grpc.get('service') or ''} {numbers}"
    return f"unknown {numbers}"


def _url(get: Mapping[str, Any]) -> str:
    host, port, path = get.get("host", ""), get.get("port", ""), get.get("path", "")
    host = f"[{host}]" if ":" in host else host
    slash = "" if path.startswith("/") or not path else "/"
    scheme = str(get.get("scheme", "")).lower()
    return f"{scheme}://{host}:{port}{slash}{quote(path, safe=PATH_SAFE)}"
