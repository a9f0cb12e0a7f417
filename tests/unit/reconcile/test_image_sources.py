"""Who may give a node an image."""

from __future__ import annotations

from typing import Any

import pytest

from kctl.reconcile.image_sources import ImageSources
from kctl.runtime.simulated import SimulatedRuntime


def node(name: str, ready: str = "True") -> dict[str, Any]:
    conditions = [{"type": "Ready", "status": ready}]
    return {"metadata": {"name": name}, "status": {"conditions": conditions}}


def connect(url: str, name: str) -> SimulatedRuntime:
    if not url.startswith("unix:"):
        raise ValueError(url)
    return SimulatedRuntime(name)


def names(mode: str = "auto", **urls: str) -> list[str]:
    sources = ImageSources({"image-distribution": mode}, connect)
    nodes = [node("a"), node("b"), node("c", "Unknown")]
    known = {
        each["metadata"]["name"]: (
            urls.get(each["metadata"]["name"], "ssh://x"),
            SimulatedRuntime(each["metadata"]["name"]),
        )
        for each in nodes
    }
    sources.follow(nodes, known)
    found = [each.name for each in sources.of("a")]
    sources.close()
    return found


def test_this_machine_and_the_other_nodes_that_are_ready(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    assert names() == ["this machine", "node b"]


def test_an_engine_that_is_a_node_is_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///own.sock")
    assert names(b="unix:///own.sock") == ["node b"]


def test_an_address_that_kctl_does_not_speak(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "tcp://10.0.0.1:2375")
    assert names() == ["node b"]


def test_off() -> None:
    assert names("off") == []
