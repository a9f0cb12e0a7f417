"""Limits and identity, by values."""

from __future__ import annotations

from typing import Any

import pytest

from kctl.runtime.docker import resources, security


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ({}, {"CpuShares": 2}),
        ({"requests": {"cpu": "1"}}, {"CpuShares": 1024}),
        ({"requests": {"cpu": "1m"}}, {"CpuShares": 2}),
        (
            {"limits": {"cpu": "500m"}},
            {"CpuShares": 512, "CpuPeriod": 100000, "CpuQuota": 50000},
        ),
        (
            {"requests": {"cpu": 0.1}, "limits": {"cpu": "1m", "memory": "64Mi"}},
            {
                "CpuShares": 102,
                "CpuPeriod": 100000,
                "CpuQuota": 1000,
                "Memory": 67108864,
                "MemorySwap": 67108864,
            },
        ),
        (
            {"limits": {"memory": "1e6"}},
            {"CpuShares": 2, "Memory": 1000000, "MemorySwap": 1000000},
        ),
    ],
)
def test_limits(given: dict[str, Any], wanted: dict[str, int]) -> None:
    assert resources.host_config(given) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [("1Gi", 2**30), ("1G", 10**9), ("1500m", 1.5), ("2k", 2000), ("1e3", 1000), (3, 3)],
)
def test_amounts(text: Any, wanted: float) -> None:
    assert float(resources.amount(text)) == wanted


def test_an_amount_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="not a quantity"):
        resources.amount("1x")


def _pod(own: dict[str, Any], of_pod: dict[str, Any] | None = None) -> tuple[Any, Any]:
    container = {"name": "web", "securityContext": own}
    meta = {"name": "p", "namespace": "ns", "uid": "u"}
    spec = {"containers": [container], "securityContext": of_pod or {}}
    return {"metadata": meta, "spec": spec}, container


def test_the_containers_own_fields_win() -> None:
    pod, container = _pod({"runAsUser": 5}, {"runAsUser": 1, "runAsGroup": 2, "fsGroup": 9})
    assert security.user(pod, container, "") == "5:2"
    assert security.host_config(pod, container) == {"GroupAdd": ["9"]}


@pytest.mark.parametrize(
    ("own", "image_user", "wanted"),
    [
        ({}, "app", ""),
        ({"runAsUser": 0}, "", "0"),
        ({"runAsGroup": 7}, "app:x", "app:7"),
        ({"runAsGroup": 7}, "", "0:7"),
    ],
)
def test_users(own: dict[str, Any], image_user: str, wanted: str) -> None:
    pod, container = _pod(own)
    assert security.user(pod, container, image_user) == wanted


def test_the_rest_of_the_context() -> None:
    own = {
        "privileged": True,
        "readOnlyRootFilesystem": True,
        "allowPrivilegeEscalation": False,
        "capabilities": {"add": ["NET_ADMIN"], "drop": ["ALL"]},
        "seccompProfile": {"type": "Unconfined"},
        "seLinuxOptions": {"level": "s0", "type": "t"},
    }
    assert security.host_config(*_pod(own)) == {
        "Privileged": True,
        "CapAdd": ["NET_ADMIN"],
        "CapDrop": ["ALL"],
        "ReadonlyRootfs": True,
        "SecurityOpt": [
            "no-new-privileges",
            "seccomp=unconfined",
            "label=level:s0",
            "label=type:t",
        ],
    }


@pytest.mark.parametrize(
    ("own", "image_user", "words"),
    [
        ({"runAsUser": 0}, "", "container's runAsUser breaks non-root policy"),
        ({}, "", "container has runAsNonRoot and image will run as root"),
        (
            {},
            "app",
            "container has runAsNonRoot and image has non-numeric user (app), cannot verify user "
            "is non-root",
        ),
    ],
)
def test_non_root(own: dict[str, Any], image_user: str, words: str) -> None:
    pod, container = _pod({"runAsNonRoot": True, **own})
    with pytest.raises(security.NotAllowed) as refusal:
        security.verify(pod, container, image_user)
    assert str(refusal.value) == f'{words} (pod: "p_ns(u)", container: web)'


def test_non_root_that_is() -> None:
    security.verify(*_pod({"runAsNonRoot": True, "runAsUser": 5}), "")
    security.verify(*_pod({"runAsNonRoot": True}), "1000:1000")
