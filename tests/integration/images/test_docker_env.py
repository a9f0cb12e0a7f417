"""A Docker client of the user's, pointed at a node."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.integration.hosts.bed import Bed, Kctl

pytestmark = pytest.mark.docker


def shell(kctl: Kctl, line: str, **env: str) -> subprocess.CompletedProcess[str]:
    """A line of bash, in which `kctl` is this one."""
    program = f'kctl() {{ {sys.executable} -m kctl "$@"; }}; {line}'
    return subprocess.run(
        ["bash", "-c", program],
        env={**kctl.env, **env},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_docker_command_reaches_the_node(kctl: Kctl, bed: Bed, app: str) -> None:
    kctl.do("image", "load", f"{app}:1", "--nodes=h2")
    done = shell(
        kctl,
        'eval "$(kctl docker-env h2)"; docker images -q --no-trunc "$IMAGE"; '
        'eval "$(kctl docker-env -u)"; echo "${DOCKER_HOST-gone}"',
        IMAGE=f"{app}:1",
    )
    wanted = bed.engine("h2").inspect_image(f"{app}:1")["Id"]
    assert done.stdout.splitlines() == [wanted, "gone"], done.stderr


def test_kctl_does_not_take_the_node_for_this_machine(kctl: Kctl, bed: Bed) -> None:
    before = kctl.do("get", "nodes", "-o", "name")
    done = shell(kctl, 'eval "$(kctl docker-env h2)"; kctl reconcile; kctl get nodes -o name')
    assert done.stdout.endswith(before), done
    own = shell(
        kctl,
        'eval "$(kctl docker-env h2)"; echo $KCTL_LOCAL_HOST',
        KCTL_LOCAL_HOST="",
        DOCKER_HOST="unix:///my/own.sock",
    )
    assert own.stdout == "unix:///my/own.sock\n"


def test_ssh_is_left_to_docker_where_it_can_be(kctl: Kctl, bed: Bed) -> None:
    """With ssh's own configuration, which reaches a host as kctl does."""
    done = shell(kctl, "unset KCTL_SSH_CONFIG; kctl docker-env h1 --shell=fish")
    assert done.stdout.splitlines()[0] == f"set -gx DOCKER_HOST '{bed.url('h1')}';"


def test_what_is_no_node(kctl: Kctl) -> None:
    ran = kctl.kctl("docker-env", "h9")
    assert (ran.code, ran.err) == (1, 'Error from server (NotFound): nodes "h9" not found\n')
    ran = kctl.kctl("docker-env")
    assert (ran.code, ran.out) == (1, "")
