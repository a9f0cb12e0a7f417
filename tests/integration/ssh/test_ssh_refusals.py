"""Hosts that cannot be used: what is said, and that nothing is weakened to get in."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kctl.runtime.docker.runtime import DockerRuntime
from kctl.runtime.types import HostUnreachable
from tests.integration.hosts.bed import Bed
from tests.integration.reconcile.cluster import until
from tests.integration.ssh.conftest import Connect, configuration, masters

pytestmark = pytest.mark.docker


def refusal(connect: Connect, url: str) -> str:
    with pytest.raises(HostUnreachable) as caught:
        connect(url).ensure()
    return str(caught.value)


def test_an_unknown_key_is_refused_whatever_the_configuration_says(
    bed: Bed, connect: Connect, tmp_path: Path
) -> None:
    known = tmp_path / "known"
    known.touch()
    path = configuration(
        bed,
        tmp_path / "config",
        f"StrictHostKeyChecking no\nUserKnownHostsFile {known}\nGlobalKnownHostsFile /dev/null",
    )
    said = refusal(connect, bed.url("h1"))
    assert f"the host key of {bed.address('h1')} is not known" in said
    assert said.endswith(f"accept it: ssh -F {path} root@{bed.address('h1')}")
    assert known.read_text() == ""


def test_a_changed_key_is_refused(bed: Bed, connect: Connect, tmp_path: Path) -> None:
    h1, h2 = bed.address("h1"), bed.address("h2")
    known = tmp_path / "known"
    lines = (bed.folder / "known_hosts").read_text().splitlines()
    known.write_text("".join(f"{h1} {line.split(' ', 1)[1]}\n" for line in lines if h2 in line))
    configuration(bed, tmp_path / "config", f"StrictHostKeyChecking no\nUserKnownHostsFile {known}")
    said = refusal(connect, bed.url("h1"))
    assert f"the host key of {h1} is not the one that was accepted before ({known}:1)" in said
    assert f"ssh-keygen -R '{h1}'" in said


def test_a_refused_login_is_told_without_a_question(bed: Bed, connect: Connect) -> None:
    said = refusal(connect, f"ssh://nobody@{bed.address('h1')}")
    assert "nobody@" in said and "login refused: permission denied (publickey" in said


def test_nobody_listens(bed: Bed, connect: Connect) -> None:
    said = refusal(connect, f"{bed.url('h1')}:81")
    assert said.endswith(f"ssh to {bed.address('h1')} port 81: Connection refused")


def test_a_name_that_nobody_knows(connect: Connect) -> None:
    assert "could not resolve nobody.invalid" in refusal(connect, "ssh://nobody.invalid")


def test_a_configuration_that_cannot_be_read(
    connect: Connect, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("KCTL_SSH_CONFIG", str(tmp_path / "none"))
    assert refusal(connect, "ssh://h") == f"KCTL_SSH_CONFIG: cannot read {tmp_path}/none"
    (tmp_path / "bad").write_text("Nonsense yes\n")
    monkeypatch.setenv("KCTL_SSH_CONFIG", str(tmp_path / "bad"))
    assert "Bad configuration option: nonsense" in refusal(connect, "ssh://h")


def test_a_failure_is_told_again_without_another_attempt(
    bed: Bed, connect: Connect, folder: Path
) -> None:
    url = f"{bed.url('h1')}:81"
    first = refusal(connect, url)
    assert refusal(connect, url).startswith(f"{first} (next attempt in ")


def test_a_folder_that_is_not_ours_is_not_used(
    bed: Bed, connect: Connect, folder: Path, tmp_path: Path
) -> None:
    folder.symlink_to(tmp_path)
    assert "is not a folder" in refusal(connect, bed.url("h1"))
    folder.unlink()


# --- jump hosts ---


def jump(bed: Bed, tmp_path: Path, known: str) -> None:
    h1, h2 = bed.address("h1"), bed.address("h2")
    inner = f"Host inner\n  HostName {h2}\n  ProxyJump outer\n"
    outer = f"Host outer\n  HostName {h1}\n  StrictHostKeyChecking no\n{known}"
    all_of_them = f"Host *\n  UserKnownHostsFile {bed.folder}/known_hosts\n"
    configuration(bed, tmp_path / "config", inner + outer + all_of_them)


def test_a_host_behind_another_one(
    bed: Bed, runtime: Callable[[str], DockerRuntime], tmp_path: Path
) -> None:
    jump(bed, tmp_path, "")
    seen = runtime("ssh://inner").observe(facts=True)
    assert seen.reachable and seen.facts is not None
    assert dict(seen.facts.addresses)["InternalIP"] == bed.address("h2")


def test_the_key_of_a_jump_host_is_checked_too(bed: Bed, connect: Connect, tmp_path: Path) -> None:
    jump(bed, tmp_path, "  UserKnownHostsFile /dev/null\n  GlobalKnownHostsFile /dev/null\n")
    assert f"the host key of {bed.address('h1')} is not known" in refusal(connect, "ssh://inner")


# --- accounts and servers that allow less ---

PORT = 2222


@pytest.fixture
def server(bed: Bed) -> Iterator[Callable[[str], str]]:
    """Another sshd on h1, with more options: accounts "deploy" (with a shell) and "mute" (with
    none), neither of them root nor in a group."""
    stop: list[int] = []

    def start(options: str) -> str:
        run = bed.folder / "h1" / "run"
        (run / "more.pub").write_text((bed.folder / "key.pub").read_text())
        people = "deploy:x:12345:12345::/:/bin/sh\nmute:x:12346:12346::/:/usr/sbin/nologin\n"
        (run / "passwd").write_text(Path("/etc/passwd").read_text() + people)
        (run / "more.conf").write_text(
            f"ListenAddress {bed.address('h1')}:{PORT}\nHostKey {bed.folder}/h1/hostkey\n"
            "AuthorizedKeysFile /run/more.pub\nPidFile /run/more.pid\nUsePAM no\n"
            f"StrictModes no\nPasswordAuthentication no\nUseDNS no\n{options}\n"
        )
        known = bed.folder / "known_hosts"
        key = (bed.folder / "h1" / "hostkey.pub").read_text().split()[:2]
        known.write_text(known.read_text() + f"[{bed.address('h1')}]:{PORT} {' '.join(key)}\n")
        script = "mount --bind /run/passwd /etc/passwd; exec /usr/sbin/sshd -f /run/more.conf"
        enter = ["unshare", "--mount", "--propagation", "private", "sh", "-c", script]
        started = bed.run("h1", *enter)
        assert started.code == 0, started
        pid = run / "more.pid"
        until(lambda: pid.exists() and pid.read_text().strip(), 30, "the other sshd")
        stop.append(int(pid.read_text()))
        return f"{bed.address('h1')}:{PORT}"

    yield start
    for pid in stop:
        os.kill(pid, 15)
    (bed.folder / "h1" / "run" / "more.pid").unlink(missing_ok=True)


def unusable(runtime: Callable[[str], DockerRuntime], url: str) -> str:
    seen = runtime(url).observe(facts=True)
    assert not seen.reachable
    return seen.error


def test_a_host_without_docker(bed: Bed, runtime: Callable[[str], DockerRuntime]) -> None:
    said = unusable(runtime, f"{bed.url('h1')}/run/none.sock")
    assert said == (
        f"there is no Docker on root@{bed.address('h1')}: no socket /run/none.sock. "
        "Is it installed and running?"
    )


def test_an_account_without_the_right_to_the_engine(
    server: Callable[[str], str], runtime: Callable[[str], DockerRuntime]
) -> None:
    said = unusable(runtime, f"ssh://deploy@{server('')}")
    assert said.startswith("permission denied: deploy may not use the Docker socket")


def test_an_account_that_runs_no_commands(
    server: Callable[[str], str], runtime: Callable[[str], DockerRuntime]
) -> None:
    said = unusable(runtime, f"ssh://mute@{server('')}")
    assert "the account may not run commands" in said


def test_a_server_that_forbids_forwarding_to_sockets(
    server: Callable[[str], str], runtime: Callable[[str], DockerRuntime]
) -> None:
    said = unusable(runtime, f"ssh://root@{server('AllowStreamLocalForwarding no')}")
    assert "forbids forwarding to a socket (AllowStreamLocalForwarding)" in said


def test_a_server_that_runs_no_commands_still_has_an_address(
    bed: Bed, server: Callable[[str], str], runtime: Callable[[str], DockerRuntime]
) -> None:
    seen = runtime(f"ssh://root@{server('ForceCommand /bin/false')}").observe(facts=True)
    assert seen.reachable and seen.facts is not None
    assert seen.facts.networks == (f"{bed.address('h1')}/32",)
    assert seen.facts.info["bootID"] == "" and seen.facts.info["machineID"] != ""


def test_a_server_that_forbids_forwarding_to_ports(
    server: Callable[[str], str], connect: Connect
) -> None:
    connection = connect(f"ssh://root@{server('PermitOpen none')}")
    with pytest.raises(HostUnreachable, match="forbids forwarding"):
        connection.dial("127.0.0.1", PORT, 5)


def test_no_master_stays_after_a_refusal(bed: Bed, connect: Connect, folder: Path) -> None:
    refusal(connect, f"ssh://nobody@{bed.address('h1')}")
    assert masters(folder) == []
    assert list(folder.glob("*.ctl")) == []
