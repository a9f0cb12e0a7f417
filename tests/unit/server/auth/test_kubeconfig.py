"""The context that is written into a kubeconfig: ours alone, the rest as it was."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest
import yaml

from kctl.server.auth import kubeconfig
from kctl.server.auth.kubeconfig import KubeconfigError, write_context
from kctl.server.auth.pki import Pki, ensure

SERVER = "https://127.0.0.1:6443"
OTHERS = {
    "apiVersion": "v1",
    "kind": "Config",
    "clusters": [
        {
            "name": "other",
            "cluster": {
                "server": "https://other",
                "extensions": [{"name": "x", "extension": {"a": 1}}],
            },
        }
    ],
    "contexts": [{"name": "other", "context": {"cluster": "other", "user": "me"}}],
    "users": [{"name": "me", "user": {"exec": {"command": "get-token", "args": ["1", "no"]}}}],
    "current-context": "other",
    "preferences": {"colors": True},
    "unknown": ["kept"],
}


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Pki:
    return ensure(tmp_path_factory.mktemp("home"))


def read(path: Path) -> Any:
    return yaml.safe_load(path.read_text())


def test_a_new_file_is_private_and_leads_to_the_server(tmp_path: Path, pki: Pki) -> None:
    path = tmp_path / "a" / "config"
    assert write_context(path, SERVER, pki) == path
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    config = read(path)
    assert config["current-context"] == "kctl"
    (context,) = config["contexts"]
    assert context == {"name": "kctl", "context": {"cluster": "kctl", "user": "kctl-admin"}}
    (cluster,) = config["clusters"]
    assert cluster["cluster"]["server"] == SERVER
    (user,) = config["users"]
    for entry, field, source in (
        (cluster["cluster"], "certificate-authority-data", pki.ca),
        (user["user"], "client-certificate-data", pki.admin),
        (user["user"], "client-key-data", pki.admin_key),
    ):
        assert base64.b64decode(entry[field]) == source.read_bytes()
    assert sorted(each.name for each in path.parent.iterdir()) == ["config"]


def test_what_others_wrote_stays(tmp_path: Path, pki: Pki) -> None:
    path = tmp_path / "config"
    path.write_text(yaml.safe_dump(OTHERS))
    write_context(path, SERVER, pki)
    config = read(path)
    ours = ("kctl", "kctl-admin")
    for part in ("clusters", "contexts", "users"):
        config[part] = [each for each in config[part] if each["name"] not in ours]
    assert config == OTHERS


def test_our_own_entries_are_replaced_in_place(tmp_path: Path, pki: Pki) -> None:
    path = tmp_path / "config"
    write_context(path, SERVER, pki)
    config = read(path)
    config["contexts"][0]["context"]["namespace"] = "dev"
    config["clusters"].append({"name": "z", "cluster": {"server": "https://z"}})
    config["clusters"][0]["cluster"]["insecure-skip-tls-verify"] = True
    path.write_text(yaml.safe_dump(config))
    write_context(path, "https://10.0.0.1:7443", pki)
    again = read(path)
    assert again["contexts"][0]["context"]["namespace"] == "dev"
    assert [each["name"] for each in again["clusters"]] == ["kctl", "z"]
    assert again["clusters"][0]["cluster"]["server"] == "https://10.0.0.1:7443"
    assert "insecure-skip-tls-verify" not in again["clusters"][0]["cluster"]


def test_the_current_context_changes_when_that_is_asked_for(tmp_path: Path, pki: Pki) -> None:
    path = tmp_path / "config"
    path.write_text(yaml.safe_dump(OTHERS))
    write_context(path, SERVER, pki, current=True)
    assert read(path)["current-context"] == "kctl"


def test_a_link_stays_a_link(tmp_path: Path, pki: Pki) -> None:
    real, link = tmp_path / "real", tmp_path / "link"
    link.symlink_to(real)
    assert write_context(link, SERVER, pki) == real
    assert link.is_symlink() and read(real)["current-context"] == "kctl"


@pytest.mark.parametrize(
    "text", ["[1, 2]", "users: 7", "a: [", "clusters: {}", "\xff", "a: &a [*a]"]
)
def test_a_file_that_is_no_kubeconfig_is_left_alone(tmp_path: Path, pki: Pki, text: str) -> None:
    path = tmp_path / "config"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(KubeconfigError) as caught:
        write_context(path, SERVER, pki)
    assert str(path) in str(caught.value)
    assert path.read_bytes() == text.encode("latin-1")
    assert [each.name for each in tmp_path.iterdir()] == ["config"]


def test_an_open_file_is_closed_to_others(tmp_path: Path, pki: Pki) -> None:
    path = tmp_path / "config"
    path.write_text("")
    path.chmod(0o644)
    write_context(path, SERVER, pki)
    assert path.stat().st_mode & 0o777 == 0o600


def test_kubectls_lock_is_respected(
    tmp_path: Path, pki: Pki, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kubeconfig, "_LOCK_SECONDS", 0.0)
    path, lock = tmp_path / "config", tmp_path / "config.lock"
    lock.touch()
    with pytest.raises(KubeconfigError, match="held by another program"):
        write_context(path, SERVER, pki)
    assert lock.exists() and not path.exists()


def test_where_kubectl_writes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBECONFIG", ":/a/one:/b/two")
    assert kubeconfig.default_path() == Path("/a/one")
    monkeypatch.setenv("KUBECONFIG", "")
    monkeypatch.setenv("HOME", "/home/x")
    assert kubeconfig.default_path() == Path("/home/x/.kube/config")
