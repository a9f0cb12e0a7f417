"""What is where, and how it goes away."""

from __future__ import annotations

import json

import docker
import pytest

from tests.integration.hosts.bed import Bed, Kctl
from tests.integration.reconcile.cluster import pod, until, workload

pytestmark = pytest.mark.docker


def listed(kctl: Kctl, *words: str) -> dict[str, list[str]]:
    """Nodes by the name of an image, kctl's own images left out."""
    found = json.loads(kctl.do("image", "list", "-o", "json", *words))
    assert (found["apiVersion"], found["kind"]) == ("kctl.io/v1", "ImageList")
    return {
        each["names"][0] if each["names"] else "": each["nodes"]
        for each in found["items"]
        if not "".join(each["names"]).startswith("kctl-lb")
    }


def test_lists(kctl: Kctl, bed: Bed, app: str) -> None:
    kctl.do("image", "load", f"{app}:1")
    kctl.do("image", "load", f"{app}:2", "--nodes=h2")
    assert listed(kctl) == {f"{app}:1": ["h1", "h2"], f"{app}:2": ["h2"]}
    assert listed(kctl, "--nodes=h1") == {f"{app}:1": ["h1"]}
    lines = kctl.do("image", "list").splitlines()
    assert lines[0].split() == ["IMAGE", "ID", "SIZE", "NODES"]
    found = bed.engine("h1").inspect_image(f"{app}:1")
    (row,) = [line.split() for line in lines if line.startswith(f"{app}:1 ")]
    assert row[1] == found["Id"][7:19] and row[3] == "h1,h2"
    assert f"image/{app}:2" in kctl.do("image", "list", "-o", "name").splitlines()
    assert kctl.do("image", "list", "-o", "yaml").startswith("apiVersion: kctl.io/v1\nitems:\n")
    assert "CREATED" in kctl.do("image", "ls", "-o", "wide")
    ran = kctl.kctl("image", "list", "-o", "tree")
    assert ran.err == (
        'error: unable to match a printer suitable for the output format "tree", '
        "allowed formats are: json,name,wide,yaml\n"
    )


def test_rm(kctl: Kctl, bed: Bed, app: str) -> None:
    kctl.do("image", "load", f"{app}:1")
    kctl.do("image", "load", f"{app}:2", "--nodes=h2")
    assert kctl.do("image", "rm", f"{app}:2") == f"image/{app}:2 removed from node h2\n"
    ran = kctl.kctl("image", "rm", f"{app}:2", f"{app}:1", "--nodes=h1")
    assert ran.code == 1
    assert ran.err == f"error: Error response from daemon: No such image: {app}:2\n"
    assert ran.out == f"image/{app}:1 removed from node h1\n"
    assert listed(kctl) == {f"{app}:1": ["h2"]}


def test_rm_of_an_image_in_use_is_dockers_conflict(kctl: Kctl, bed: Bed, app: str) -> None:
    kctl.do("image", "load", f"{app}:1")
    spec = {"nodeName": "h1"}
    kctl.apply(pod("busy", f"{app}:1", imagePullPolicy="Never", spec=spec))
    until(lambda: kctl.ready("busy"), 30, "the pod runs")
    ran = kctl.kctl("image", "rm", f"{app}:1")
    assert ran.code == 1
    assert ran.out == f"image/{app}:1 removed from node h2\n"
    assert ran.err.startswith('error: node "h1": Error response from daemon: conflict: ')
    assert listed(kctl) == {f"{app}:1": ["h1"]}


def test_prune_takes_what_has_no_name(kctl: Kctl, bed: Bed, app: str) -> None:
    kctl.do("image", "load", f"{app}:1", f"{app}:2", "--nodes=h1")
    engine = bed.engine("h1")
    old = str(engine.inspect_image(f"{app}:1")["Id"])
    engine.tag(f"{app}:2", app, "1", force=True)
    line = f"image/{old[7:19]} removed from node h1"
    assert kctl.do("image", "prune", "--dry-run") == f"{line} (dry run)\n"
    assert engine.inspect_image(old)
    assert kctl.do("image", "prune").splitlines()[0] == line
    with pytest.raises(docker.errors.ImageNotFound):
        engine.inspect_image(old)
    assert listed(kctl) == {f"{app}:1": ["h1"], f"{app}:2": ["h1"]}


def test_prune_all_keeps_what_is_used_or_named(kctl: Kctl, bed: Bed, app: str) -> None:
    """A container, or a workload that has none at the moment; kctl's own load balancers."""
    kctl.do("image", "load", f"{app}:1", f"{app}:2")
    own = {host: fronts(bed, host) for host in bed.hosts}
    kctl.apply(pod("busy", f"{app}:1", imagePullPolicy="Never", spec={"nodeName": "h1"}))
    until(lambda: kctl.ready("busy"), 30, "the pod runs")
    held = workload("later", f"docker.io/library/{app}:2")
    held["spec"]["template"]["spec"]["nodeSelector"] = {"no": "node"}
    kctl.apply(held)
    lines = set(kctl.do("image", "prune", "--all", "--dry-run").splitlines())
    assert lines == set()
    kctl.do("delete", "deployment", "later")
    lines = set(kctl.do("image", "prune", "--all", "--dry-run").splitlines())
    assert lines == {f"image/{app}:2 removed from node {host} (dry run)" for host in bed.hosts}
    out = kctl.do("image", "prune", "-a")
    assert f"image/{app}:2 removed from node h2\n" in out
    assert "Total reclaimed space: " in out and "Total reclaimed space: 0B" not in out
    assert listed(kctl) == {f"{app}:1": ["h1", "h2"]}  # h2 keeps what a pod names
    assert own == {host: fronts(bed, host) for host in bed.hosts}
    assert kctl.ready("busy")


def fronts(bed: Bed, host: str) -> set[str]:
    """IDs of the images of kctl's own containers."""
    return {row["ImageID"] for row in bed.engine(host).containers() if "kctl-lb" in row["Image"]}
