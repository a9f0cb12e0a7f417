"""Image names, pull policies and credentials."""

from __future__ import annotations

import base64

import pytest

from kctl.runtime.docker import images
from kctl.runtime.docker.images import ImageProblem, Reference

DIGEST = "sha256:" + "a" * 64


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("nginx", Reference("", "nginx", "latest")),
        ("nginx:1.27", Reference("", "nginx", "1.27")),
        ("me/app", Reference("", "me/app", "latest")),
        ("ghcr.io/me/app:v1", Reference("ghcr.io", "ghcr.io/me/app", "v1")),
        ("localhost:5000/x", Reference("localhost:5000", "localhost:5000/x", "latest")),
        (f"a.b/c:v@{DIGEST}", Reference("a.b", "a.b/c", DIGEST)),
    ],
)
def test_names_taken_apart(name: str, wanted: Reference) -> None:
    assert images.parse(name) == wanted


@pytest.mark.parametrize("name", ["", "a b", "Nginx", "x:", "x@sha256:1", "-a", "a//b"])
def test_invalid_names(name: str) -> None:
    with pytest.raises(ImageProblem) as problem:
        images.parse(name)
    assert problem.value.reason == "InvalidImageName"
    start = f'Failed to apply default image tag "{name}": couldn\'t parse image name "{name}": '
    assert problem.value.message.startswith(f"{start}invalid reference format")


def test_default_policies() -> None:
    assert images.default_policy("nginx") == "Always"
    assert images.default_policy("nginx:latest") == "Always"
    assert images.default_policy("nginx:1") == "IfNotPresent"
    assert images.default_policy(f"nginx@{DIGEST}") == "IfNotPresent"


def test_pull_secrets_come_before_the_users_own() -> None:
    auth = base64.b64encode(b"u:p:w").decode()
    documents = [
        {"auths": {"ghcr.io": {"auth": auth}, "other.io": {"username": "x", "password": "y"}}},
        {"auths": {"https://index.docker.io/v1/": {"username": "hub", "password": "s"}}},
    ]
    assert images.credentials("ghcr.io", documents) == [
        {"username": "u", "password": "p:w", "serveraddress": "ghcr.io"},
        None,
    ]
    assert images.credentials("", documents) == [
        {"username": "hub", "password": "s", "serveraddress": "https://index.docker.io/v1/"},
        None,
    ]
    assert images.credentials("quay.io", documents) == [None]
