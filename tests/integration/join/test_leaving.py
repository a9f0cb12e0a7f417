"""Hosts that join, run things, leave with nothing left behind, and come back."""

from __future__ import annotations

import json
from pathlib import Path

from tests.integration.hosts.bed import Bed, Kctl
from tests.integration.reconcile.cluster import Object, condition, until, workload


def traces(plane: Kctl, host: str) -> list[str]:
    """Everything of kctl on a host, whoever made it."""
    engine = plane.bed.engine(host)
    found = plane.left_behind(host)
    found += [str(each["RepoTags"]) for each in engine.images(filters={"label": "io.kctl.image"})]
    for command in (["iptables", "-S"], ["iptables", "-t", "nat", "-S"]):
        rules = plane.bed.run(host, *command).out.splitlines()
        found += [rule for rule in rules if "KCTL" in rule.upper()]
    routes = plane.bed.run(host, "ip", "route").out.splitlines()
    links = plane.bed.run(host, "ip", "-brief", "link").out.splitlines()
    pods = plane.do("settings", "cluster-cidr").strip().removesuffix("0.0/16")
    return found + [each for each in (*routes, *links) if pods in each or "kctl" in each]


def masters(address: str) -> int:
    """ssh processes of this machine that hold a connection to an address."""
    count = 0
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().split(b"\0")
        except OSError:
            continue
        count += words[0] == b"ssh" and b"-M" in words and address.encode() in words
    return count


def storing(image: str, replicas: int) -> Object:
    """Pods with a volume of their own, spread over the nodes."""
    mounts = [{"name": "data", "mountPath": "/data"}]
    volumes = {"volumes": [{"name": "data", "emptyDir": {}}]}
    spread = {
        "maxSkew": 1,
        "topologyKey": "kubernetes.io/hostname",
        "whenUnsatisfiable": "ScheduleAnyway",
        "labelSelector": {"matchLabels": {"app": "web"}},
    }
    pod = {**volumes, "topologySpreadConstraints": [spread]}
    return workload("web", image, replicas=replicas, volumeMounts=mounts, pod=pod)


def nodes_of(plane: Kctl) -> set[str]:
    return {pod["spec"].get("nodeName", "") for pod in plane.pods("web")}


def test_a_node_that_is_deleted_leaves_nothing_on_its_host_and_may_come_back(
    plane: Kctl, bed: Bed, loaded: str
) -> None:
    assert plane.join("h1", "--labels=disk=ssd", "--taints=a=b:PreferNoSchedule") == (
        "node/h1 joined\n"
    )
    node = plane.get("node", "h1")
    assert node["metadata"]["labels"]["disk"] == "ssd"
    assert {"key": "a", "value": "b", "effect": "PreferNoSchedule"} in node["spec"]["taints"]
    assert "Ready" in plane.do("get", "nodes").splitlines()[1].split()
    plane.join("h2")
    plane.join("h3")
    plane.apply(storing(loaded, 6))
    plane.do("expose", "deployment", "web", "--port=80", "--target-port=8080")
    plane.rolled_out("web")
    assert nodes_of(plane) == {"h1", "h2", "h3"}
    assert len(plane.left_behind("h3")) > 5  # pods, load balancer, network, volumes
    assert plane.do("delete", "node", "h3") == 'node "h3" deleted\n'
    assert traces(plane, "h3") == []
    until(lambda: masters(bed.address("h3")) == 0, 60, "the last user ends the connection")
    plane.rolled_out("web")
    assert nodes_of(plane) == {"h1", "h2"}
    assert len(plane.items("nodes")) == 2
    plane.join("h3")
    plane.do("rollout", "restart", "deployment", "web")
    plane.rolled_out("web")
    assert "h3" in nodes_of(plane)


def test_a_host_that_does_not_answer_is_left_with_a_warning_and_cleaned_when_it_joins_again(
    plane: Kctl, bed: Bed, loaded: str
) -> None:
    plane.join("h1")
    plane.join("h2")
    plane.apply(storing(loaded, 4))
    plane.rolled_out("web")
    strays = {row["Id"] for row in plane.on("h2", "web")}
    assert strays
    bed.cut("h2")
    try:
        ran = plane.kctl("delete", "node", "h2")
        assert ran.code == 0, ran
        assert 'node "h2" has left, but its host' in ran.err and "docker rm -fv" in ran.err
        until(lambda: nodes_of(plane) == {"h1"}, 30, "replacements")
        assert {row["Id"] for row in plane.on("h2", "web")} == strays
    finally:
        bed.mend("h2")
    plane.do("join", bed.url("h2"), "again")
    assert not strays & {row["Id"] for row in plane.on("h2", "web")}
    assert condition(plane.get("node", "again"), "Ready")["status"] == "True"


def manifest(name: str, url: str) -> Object:
    meta = {"name": name, "annotations": {"kctl.io/host": url}}
    return {"apiVersion": "v1", "kind": "Node", "metadata": meta}


def test_nodes_by_manifest_and_one_engine_under_two_names(
    plane: Kctl, bed: Bed, loaded: str
) -> None:
    plane.apply(manifest("web1", bed.url("h1")))
    node = plane.get("node", "web1")
    assert condition(node, "Ready")["status"] == "True"
    assert node["spec"]["podCIDR"]
    assert node["metadata"]["labels"]["kubernetes.io/hostname"] == "web1"
    again = [manifest("twice", f"{bed.url('h1')}:22"), manifest("bad", "ftp://web3")]
    objects = {"apiVersion": "v1", "kind": "List", "items": again}
    ran = plane.kctl("apply", "-f", "-", stdin=json.dumps(objects))
    assert ran.code == 0
    assert 'Warning: node "twice" cannot be used' in ran.err
    plane.apply(storing(loaded, 2))
    plane.rolled_out("web")
    assert nodes_of(plane) == {"web1"}
    assert condition(plane.get("node", "twice"), "Ready")["reason"] == "HostInUse"
    assert condition(plane.get("node", "bad"), "Ready")["reason"] == "InvalidHost"
    assert "HostInUse" in plane.do("describe", "node", "twice")
    assert plane.do("delete", "node", "twice", "bad").count("deleted") == 2
    assert len(plane.on("h1", "web")) == 2


def test_a_node_whose_annotation_is_edited_stays_on_its_engine_and_is_cleaned_there(
    plane: Kctl, bed: Bed
) -> None:
    plane.apply(manifest("web1", bed.url("h1")))
    for url, reason in ((bed.url("h2"), "HostChanged"), ("nonsense", "InvalidHost")):
        ran = plane.kctl("annotate", "--overwrite", "node", "web1", f"kctl.io/host={url}")
        assert 'node "web1" cannot be used' in ran.err, ran
        assert condition(plane.get("node", "web1"), "Ready")["reason"] == reason
        assert plane.left_behind("h2") == []
    plane.do("delete", "node", "web1")
    assert traces(plane, "h1") == []


def test_a_local_machine_that_left_comes_back_by_join_alone(bed: Bed, tmp_path: Path) -> None:
    url = f"unix://{bed.socket('h1')}"
    plane = Kctl(tmp_path / "home", bed, DOCKER_HOST=url)
    del plane.env["KCTL_LOCAL_HOST"]
    plane.do("create", "configmap", "a")
    (node,) = plane.items("nodes")
    plane.do("delete", "node", node["metadata"]["name"])
    plane.do("create", "configmap", "b")
    plane.do("reconcile")
    assert plane.items("nodes") == []
    assert plane.left_behind("h1") == []
    plane.do("join", url, "back")
    plane.do("create", "configmap", "c")
    assert [each["metadata"]["name"] for each in plane.items("nodes")] == ["back"]
    plane.close()


def test_two_control_planes_share_an_engine_and_leave_apart(
    plane: Kctl, bed: Bed, tmp_path: Path
) -> None:
    other = Kctl(tmp_path / "other", bed, KCTL_CLUSTER_CIDR="10.117.0.0/16")
    plane.join("h1")
    other.do("join", bed.url("h1"), "mine")
    plane.do("delete", "node", "h1")
    assert plane.left_behind("h1") == []
    assert other.left_behind("h1") != []
    assert condition(other.get("node", "mine"), "Ready")["status"] == "True"
    other.close()


def test_reset_cleans_every_host_and_names_one_that_does_not_answer(
    plane: Kctl, bed: Bed, loaded: str
) -> None:
    plane.join("h1")
    plane.join("h2")
    plane.apply(storing(loaded, 2))
    plane.rolled_out("web")
    bed.cut("h2")
    try:
        ran = plane.kctl("reset", "--yes")
    finally:
        bed.mend("h2")
    assert ran.code == 1
    assert "error: node h2: " in ran.err and "the database is kept" in ran.err
    assert "h1" not in ran.err
    assert traces(plane, "h1") == []
    assert plane.left_behind("h2") != []
