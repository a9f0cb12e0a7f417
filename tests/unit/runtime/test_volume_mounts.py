"""Volumes as mounts, by values."""

from __future__ import annotations

import io
import tarfile
from typing import Any

import pytest

from kctl.runtime.docker import fill, volumes
from kctl.runtime.docker.volumes import HostPathCheck, VolumeProblem


def _pod(volume: dict[str, Any], *mounts: dict[str, Any], **spec: Any) -> dict[str, Any]:
    container = {"name": "web", "volumeMounts": [{"name": "v", **each} for each in mounts]}
    return {
        "metadata": {"name": "p", "namespace": "ns", "uid": "u"},
        "spec": {"containers": [container], "volumes": [{"name": "v", **volume}], **spec},
    }


def _plan(pod: dict[str, Any], version: tuple[int, int] = (1, 41)) -> volumes.Mounts:
    container = pod["spec"]["containers"][0]
    environment = {"SUB": "from-env"}
    return volumes.plan(pod, container, "c1", environment, version, lambda name: f"/data/{name}")


def test_an_empty_dir_is_an_engine_volume_of_the_pod() -> None:
    plan = _plan(_pod({"emptyDir": {}}, {"mountPath": "/d"}))
    assert plan.mounts == [
        {
            "Type": "volume",
            "Source": "kctl_u_v",
            "Target": "/d",
            "ReadOnly": False,
            "VolumeOptions": {
                "NoCopy": True,
                "Labels": {
                    "io.kctl.cluster": "c1",
                    "io.kubernetes.pod.name": "p",
                    "io.kubernetes.pod.namespace": "ns",
                    "io.kubernetes.pod.uid": "u",
                },
            },
        }
    ]


def test_memory_is_a_tmpfs_of_its_size() -> None:
    empty = {"emptyDir": {"medium": "Memory", "sizeLimit": "1Mi"}}
    plan = _plan(_pod(empty, {"mountPath": "/d"}))
    assert plan.mounts[0]["VolumeOptions"]["DriverConfig"]["Options"] == {
        "type": "tmpfs",
        "device": "tmpfs",
        "o": "mode=1777,size=1048576",
    }


@pytest.mark.parametrize("kind", volumes.WITH_FILES)
def test_volumes_with_files_are_read_only(kind: str) -> None:
    assert _plan(_pod({kind: {}}, {"mountPath": "/d"})).mounts[0]["ReadOnly"] is True


def test_host_paths() -> None:
    plan = _plan(_pod({"hostPath": {"path": "/srv"}}, {"mountPath": "/d", "readOnly": True}))
    assert (plan.binds, plan.mounts, plan.checks) == (["/srv:/d:ro"], [], [])
    typed = {"hostPath": {"path": "/srv/", "type": "Directory"}}
    plan = _plan(_pod(typed, {"mountPath": "/d", "mountPropagation": "Bidirectional"}))
    assert plan.mounts == [
        {
            "Type": "bind",
            "Source": "/srv/",
            "Target": "/d",
            "ReadOnly": False,
            "BindOptions": {"Propagation": "rshared"},
        }
    ]
    assert plan.checks == [HostPathCheck("v", "/srv/", "/d", "Directory")]


@pytest.mark.parametrize("sub", ["../x", "a/../../x", "/abs"])
def test_a_subpath_that_leaves_is_refused(sub: str) -> None:
    with pytest.raises(VolumeProblem, match="leaves the volume"):
        _plan(_pod({"emptyDir": {}}, {"mountPath": "/d", "subPath": sub}))


def test_subpaths_on_new_engines_are_the_engines() -> None:
    pod = _pod(
        {"emptyDir": {}},
        {"mountPath": "/a"},
        {"mountPath": "/d", "subPathExpr": "$(SUB)/x"},
    )
    assert _plan(pod, (1, 45)).mounts[1]["VolumeOptions"]["Subpath"] == "from-env/x"


def test_subpaths_on_old_engines() -> None:
    config = _pod({"configMap": {}}, {"mountPath": "/d", "subPath": "key"})
    assert _plan(config).mounts[0] == {
        "Type": "bind",
        "Source": "/data/kctl_u_v/key",
        "Target": "/d",
        "ReadOnly": True,
    }
    apart = _pod(
        {"emptyDir": {}},
        {"mountPath": "/a", "subPath": "a"},
        {"mountPath": "/b", "subPath": "b/c"},
    )
    assert [each["Source"] for each in _plan(apart).mounts] == ["kctl_u_v.a", "kctl_u_v.b_c"]
    nested = _pod(
        {"emptyDir": {}},
        {"mountPath": "/a", "subPath": "a"},
        {"mountPath": "/b", "subPath": "a/b"},
    )
    with pytest.raises(VolumeProblem, match="needs Docker 26"):
        _plan(nested)


def test_what_is_uploaded() -> None:
    pod = _pod({"secret": {}}, {"mountPath": "/d"}, securityContext={"fsGroup": 7})
    pod["spec"]["volumes"].append({"name": "e", "emptyDir": {}})
    data = volumes.upload(pod, {"v": {"a/b": (b"x", 0o400)}})
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        found = [(each.name, oct(each.mode), each.gid, each.isdir()) for each in tar]
    assert found == [
        ("v", "0o2755", 7, True),
        ("v/a", "0o2755", 7, True),
        ("v/a/b", "0o440", 7, False),
        ("e", "0o2777", 7, True),
    ]


@pytest.mark.parametrize(
    ("mode", "kind", "wanted"),
    [
        (1 << 31 | 0o755, "Directory", True),
        (0o644, "Directory", False),
        (0o644, "File", True),
        (1 << 24 | 0o755, "Socket", True),
        (1 << 26 | 1 << 21, "CharDevice", True),
        (1 << 26 | 1 << 21, "BlockDevice", False),
        (1 << 26, "BlockDevice", True),
        (1 << 27, "File", False),
    ],
)
def test_file_types(mode: int, kind: str, wanted: bool) -> None:
    assert fill.is_of_type(mode, kind) is wanted
