"""Volumes of a pod on a real engine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from .conftest import World, eventually

pytestmark = pytest.mark.docker


def _shell(script: str) -> list[str]:
    return ["sh", "-c", script]


def _run(world: World, pod: dict[str, Any], **more: Any) -> str:
    """Start the pod's container, wait for its end; its output."""
    pod["spec"]["restartPolicy"] = "Never"
    container = world.started(pod, **more)
    world.ended(pod)
    output = world.output(container)
    world.terminate(pod)
    return output


def test_files_arrive_with_their_modes_and_read_only(world: World) -> None:
    pod = world.pod(
        "configured",
        volumes=[{"name": "config", "configMap": {"name": "c"}}],
        container={
            "command": _shell(
                "cat /etc/c/key /etc/c/deep/other; stat -c '%a %n' /etc/c/key;"
                "echo x > /etc/c/key || echo refused"
            ),
            "volumeMounts": [{"name": "config", "mountPath": "/etc/c"}],
        },
    )
    files = {"config": {"key": (b"value\n", 0o640), "deep/other": (b"more\n", 0o644)}}
    output = _run(world, pod, files=files)
    # The engine reads stdout and stderr side by side: what one says may come in between.
    assert output.startswith("value\nmore\n")
    assert {"640 /etc/c/key", "refused"} <= set(output.splitlines())


def test_an_empty_dir_is_for_everybody_and_shared_by_the_containers(world: World) -> None:
    pod = world.pod(
        "sharing",
        volumes=[{"name": "shared", "emptyDir": {}}],
        securityContext={"runAsUser": 1234},
        container={
            "command": _shell("echo from-main > /data/f; sleep 60"),
            "volumeMounts": [{"name": "shared", "mountPath": "/data"}],
        },
    )
    pod["spec"]["containers"].append(
        {
            "name": "reader",
            "image": world.image,
            "command": _shell("while ! cat /in/f 2>/dev/null; do sleep 0.05; done"),
            "volumeMounts": [{"name": "shared", "mountPath": "/in", "readOnly": True}],
        }
    )
    pod["spec"]["restartPolicy"] = "Never"
    world.started(pod, "main")
    reader = world.started(pod, "reader")
    world.ended(pod, "reader")
    assert world.output(reader) == "from-main\n"
    world.terminate(pod, 0)


def test_memory_volumes_live_in_memory_and_survive_a_container(world: World) -> None:
    pod = world.pod(
        "fast",
        volumes=[{"name": "mem", "emptyDir": {"medium": "Memory", "sizeLimit": "8Mi"}}],
        restartPolicy="Never",
        container={
            "command": _shell("cat /m/f; grep ' /m ' /proc/mounts; echo kept > /m/f"),
            "volumeMounts": [{"name": "mem", "mountPath": "/m"}],
        },
    )
    pod["spec"]["containers"][0]["command"] = _shell(
        "cat /m/f; while read a; do case $a in *' /m '*) echo $a;; esac; done </proc/mounts;"
        "echo kept > /m/f"
    )
    first = world.started(pod)
    world.ended(pod)
    assert "tmpfs /m tmpfs" in world.output(first)
    assert "size=8192k" in world.output(first)
    second = world.started(pod, attempt=1)
    eventually(lambda: world.output(second).startswith("kept\n"))
    world.terminate(pod, 0)


def test_host_paths_are_mounted_and_held_to_their_type(world: World, tmp_path: Path) -> None:
    (tmp_path / "f").write_text("of the host\n")
    mount = {"name": "host", "mountPath": "/h"}

    def pod(kind: str, path: Path) -> dict[str, Any]:
        return world.pod(
            "hosted",
            volumes=[{"name": "host", "hostPath": {"path": str(path), "type": kind}}],
            container={"command": _shell("cat /h/f || cat /h"), "volumeMounts": [mount]},
        )

    assert _run(world, pod("", tmp_path)) == "of the host\n"
    assert _run(world, pod("Directory", tmp_path)) == "of the host\n"
    assert "of the host\n" in _run(world, pod("File", tmp_path / "f"))
    for kind, path, words in (
        ("File", tmp_path, "file"),
        ("Directory", tmp_path / "absent", "directory"),
        ("Socket", tmp_path / "f", "socket file"),
    ):
        refused = pod(kind, path)
        outcome = world.start(refused)
        text = (
            'MountVolume.SetUp failed for volume "host" : hostPath type check failed: '
            f"{path} is not a {words}"
        )
        assert not outcome.ok
        assert (outcome.reason, outcome.message) == ("CreateContainerConfigError", text)
        assert ("Warning", "FailedMount", text) in outcome.events
        world.terminate(refused)
    assert not (tmp_path / "absent").exists()


def test_or_create_types_create(world: World, tmp_path: Path) -> None:
    pod = world.pod(
        "creating",
        volumes=[
            {"name": "d", "hostPath": {"path": f"{tmp_path}/new", "type": "DirectoryOrCreate"}},
            {"name": "f", "hostPath": {"path": f"{tmp_path}/file", "type": "FileOrCreate"}},
        ],
        container={
            "command": _shell("echo a > /d/x; echo b > /f"),
            "volumeMounts": [{"name": "d", "mountPath": "/d"}, {"name": "f", "mountPath": "/f"}],
        },
    )
    _run(world, pod)
    assert (tmp_path / "new" / "x").read_text() == "a\n"
    assert (tmp_path / "file").read_text() == "b\n"


def test_subpaths_of_an_empty_dir_stay_apart(world: World) -> None:
    pod = world.pod(
        "parts",
        volumes=[{"name": "data", "emptyDir": {}}],
        container={
            "command": _shell("echo a > /a/f; cat /b/f || echo apart"),
            "volumeMounts": [
                {"name": "data", "mountPath": "/a", "subPath": "one"},
                {"name": "data", "mountPath": "/b", "subPath": "two/deep"},
            ],
        },
    )
    assert "apart" in _run(world, pod)


def test_a_subpath_of_a_config_map_is_one_file(world: World) -> None:
    pod = world.pod(
        "single",
        volumes=[{"name": "config", "configMap": {"name": "c"}}],
        container={
            "command": _shell("cat /etc/app.conf; ls /etc"),
            "volumeMounts": [
                {"name": "config", "mountPath": "/etc/app.conf", "subPath": "app.conf"}
            ],
        },
    )
    files = {"config": {"app.conf": (b"setting\n", 0o644), "other": (b"", 0o644)}}
    output = _run(world, pod, files=files)
    assert output.startswith("setting\n")
    assert "other" not in output
    assert "passwd" in output


def test_a_subpath_that_a_container_could_turn_into_a_link_is_refused(world: World) -> None:
    pod = world.pod(
        "sly",
        volumes=[{"name": "data", "emptyDir": {}}],
        container={
            "volumeMounts": [
                {"name": "data", "mountPath": "/all"},
                {"name": "data", "mountPath": "/part", "subPath": "part"},
            ],
        },
    )
    outcome = world.start(pod)
    assert not outcome.ok
    assert "needs Docker 26 or newer" in outcome.message
    world.terminate(pod)


def test_a_volume_that_no_docker_host_can_mount_is_named(world: World) -> None:
    claim = {"name": "data", "persistentVolumeClaim": {"claimName": "x"}}
    mount = {"name": "data", "mountPath": "/d"}
    pod = world.pod("claiming", volumes=[claim], container={"volumeMounts": [mount]})
    outcome = world.start(pod)
    assert outcome.reason == "CreateContainerConfigError"
    assert 'volume "data" is of type persistentVolumeClaim' in outcome.message


def test_the_group_of_the_pod_owns_its_volumes(world: World) -> None:
    pod = world.pod(
        "grouped",
        volumes=[
            {"name": "data", "emptyDir": {}},
            {"name": "key", "secret": {"secretName": "s"}},
        ],
        securityContext={"runAsUser": 1000, "runAsGroup": 1000, "fsGroup": 4321},
        container={
            "command": _shell("id; stat -c '%g %a' /d; cat /s/k; stat -c '%g %a' /s/k"),
            "volumeMounts": [
                {"name": "data", "mountPath": "/d"},
                {"name": "key", "mountPath": "/s"},
            ],
        },
    )
    output = _run(world, pod, files={"key": {"k": (b"secret\n", 0o400)}})
    assert "4321" in output.splitlines()[0]
    assert output.splitlines()[1:] == ["4321 2777", "secret", "4321 440"]
