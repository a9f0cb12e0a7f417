"""Calls of webhooks, against a real HTTPS server on loopback."""

from __future__ import annotations

import socket
import threading
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from kctl.api.admission.webhooks import Target, WebhookFailure
from kctl.reconcile import webhooks
from kctl.reconcile.webhooks import call_webhook
from tests.unit.reconcile.webhook_server import certificates, hook, reply


def echo(request: BaseHTTPRequestHandler, body: bytes) -> None:
    told = f"{request.path} {request.headers['Content-Type']} ".encode()
    reply(request, told + body)


def test_the_answer_comes_back(tmp_path: Path) -> None:
    with hook(tmp_path, echo) as found:
        target = Target(f"https://localhost:{found.port}/check?timeout=5s", found.ca)
        assert call_webhook(target, b"body", 5) == b"/check?timeout=5s application/json body"


def test_a_service_is_reached_at_its_address_and_known_by_its_name(tmp_path: Path) -> None:
    with hook(tmp_path, echo, ["hook.default.svc"]) as found:
        address = ("127.0.0.1", found.port)
        target = Target("https://hook.default.svc:443/", found.ca, address)
        assert call_webhook(target, b"", 5).startswith(b"/ ")
        wrong = Target("https://other.default.svc:443/", found.ca, address)
        with pytest.raises(WebhookFailure, match=r"tls: failed to verify .* x509: .*other"):
            call_webhook(wrong, b"", 5)


def test_a_stranger_is_not_trusted(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    stranger = certificates(other, ["localhost"])
    with hook(tmp_path, echo) as found:
        for bundle in (stranger, b""):
            target = Target(f"https://localhost:{found.port}/", bundle)
            with pytest.raises(WebhookFailure, match="tls: failed to verify certificate"):
                call_webhook(target, b"", 5)
        with pytest.raises(WebhookFailure, match="no valid certificate"):
            call_webhook(Target(f"https://localhost:{found.port}/", b"rubbish"), b"", 5)


def test_nobody_there_is_told(tmp_path: Path) -> None:
    ca = certificates(tmp_path, ["localhost"])
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    with pytest.raises(WebhookFailure) as caught:
        call_webhook(Target(f"https://127.0.0.1:{port}/", ca), b"", 5)
    assert str(caught.value) == f"dial tcp 127.0.0.1:{port}: connect: connection refused"


def test_a_server_that_hangs_or_drips_costs_its_time_only(tmp_path: Path) -> None:
    over = threading.Event()

    def drip(request: BaseHTTPRequestHandler, body: bytes) -> None:
        request.send_response(200)
        request.end_headers()
        while not over.wait(0.05):
            try:
                request.wfile.write(b"x")
                request.wfile.flush()
            except OSError:
                return

    def hang(request: BaseHTTPRequestHandler, body: bytes) -> None:
        over.wait(30)

    for number, handle in enumerate((drip, hang)):
        folder = tmp_path / str(number)
        folder.mkdir()
        with hook(folder, handle) as found:
            target = Target(f"https://localhost:{found.port}/", found.ca)
            with pytest.raises(WebhookFailure, match="context deadline exceeded"):
                call_webhook(target, b"", 0.5)
            over.set()
        over.clear()


def test_an_answer_without_end_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhooks, "LARGEST_ANSWER", 1 << 16)
    with hook(tmp_path, lambda request, body: reply(request, b"x" * (1 << 20))) as found:
        target = Target(f"https://localhost:{found.port}/", found.ca)
        with pytest.raises(WebhookFailure, match="larger than 65536 bytes"):
            call_webhook(target, b"", 5)


@pytest.mark.parametrize("code", [302, 404, 500])
def test_only_a_good_status_is_an_answer(tmp_path: Path, code: int) -> None:
    with hook(tmp_path, lambda request, body: reply(request, b"oh no", code)) as found:
        target = Target(f"https://localhost:{found.port}/", found.ca)
        with pytest.raises(WebhookFailure, match=f"oh no.*the server answered {code}"):
            call_webhook(target, b"", 5)
