"""Which credentials a pull is tried with."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from kctl.runtime.docker.credentials import NoCredentials, candidates, fits

AUTH = base64.b64encode(b"u:p:w").decode()


@pytest.fixture(autouse=True)
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's own configuration."""
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path / "config.json"


def asked(registry: str, repository: str, *documents: dict[str, Any]) -> list[dict[str, Any]]:
    return list(candidates(registry, repository, documents))


def test_nobody_in_particular_where_there_is_nothing() -> None:
    assert asked("ghcr.io", "ghcr.io/me/app") == [{}]


def test_pull_secrets_come_before_the_users_own(own: Path) -> None:
    own.write_text(json.dumps({"auths": {"ghcr.io": {"auth": AUTH}}}))
    secret = {"auths": {"ghcr.io": {"username": "x", "password": "y"}, "other.io": {"auth": AUTH}}}
    first, second = asked("ghcr.io", "ghcr.io/me/app", secret)
    assert first == {"username": "x", "password": "y", "serveraddress": "ghcr.io"}
    assert (second["username"], second["password"]) == ("u", "p:w")


def test_the_anonymous_pull_is_not_tried_beside_a_pull_secret() -> None:
    secret = {"auths": {"ghcr.io": {"auth": AUTH}}}
    assert asked("ghcr.io", "ghcr.io/me/app", secret) == [
        {"username": "u", "password": "p:w", "serveraddress": "ghcr.io"}
    ]


def test_the_longest_path_comes_first() -> None:
    secret = {
        "auths": {
            "ghcr.io": {"username": "any", "password": ""},
            "ghcr.io/me": {"username": "me", "password": ""},
            "ghcr.io/you": {"username": "you", "password": ""},
        }
    }
    users = [each["username"] for each in asked("ghcr.io", "ghcr.io/me/app", secret)]
    assert users == ["me", "any"]


@pytest.mark.parametrize("registry", ["", "docker.io", "index.docker.io"])
def test_docker_hub_has_several_names(registry: str, own: Path) -> None:
    own.write_text(json.dumps({"auths": {"https://index.docker.io/v1/": {"auth": AUTH}}}))
    secret = {"auths": {"https://index.docker.io/v1/": {"username": "hub", "password": ""}}}
    repository = f"{registry}/me/app" if registry else "me/app"
    users = [each["username"] for each in asked(registry, repository, secret)]
    assert users == ["hub", "u"]


@pytest.mark.parametrize(
    ("server", "host", "path", "wanted"),
    [
        ("ghcr.io", "ghcr.io", "me/app", True),
        ("https://ghcr.io/", "ghcr.io", "me/app", True),
        ("http://ghcr.io/v2/", "ghcr.io", "me/app", True),
        ("*.example.com", "eu.example.com", "app", True),
        ("*.example.com", "example.com", "app", False),
        ("*.example.com", "a.b.example.com", "app", False),
        ("ghcr.io:5000", "ghcr.io:5000", "app", True),
        ("ghcr.io", "ghcr.io:5000", "app", False),
        ("ghcr.io/me", "ghcr.io", "me/app", True),
        ("ghcr.io/me", "ghcr.io", "meow/app", False),
        ("ghcr.io/me/app", "ghcr.io", "me/app", True),
        ("hcr.io", "ghcr.io", "me/app", False),
    ],
)
def test_a_server_fits_as_in_kubernetes(server: str, host: str, path: str, wanted: bool) -> None:
    assert fits(server, host, path) is wanted


@pytest.mark.parametrize("auths", [[], "x", {"ghcr.io": "x"}, {"ghcr.io": {"auth": "%%%"}}])
def test_what_cannot_be_read_is_left_out(auths: Any) -> None:
    assert asked("ghcr.io", "ghcr.io/app", {"auths": auths}) == [{}]


def test_a_credential_helper_is_asked(own: Path) -> None:
    own.write_text(json.dumps({"credHelpers": {"ghcr.io": "test"}}))
    helper = own.parent / "docker-credential-test"
    helper.write_text('#!/bin/sh\necho \'{"Username":"h","Secret":"s","ServerURL":"ghcr.io"}\'\n')
    helper.chmod(0o755)
    found = asked("ghcr.io", "ghcr.io/app")
    assert [(each["Username"], each["Password"]) for each in found] == [("h", "s")]


def test_a_helper_that_fails_is_told_in_words(own: Path) -> None:
    own.write_text(json.dumps({"credHelpers": {"ghcr.io": "missing"}}))
    with pytest.raises(NoCredentials, match="error getting credentials"):
        asked("ghcr.io", "ghcr.io/app")
