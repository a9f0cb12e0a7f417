"""A web server on every host behind a service, and what must be true of it in the end."""

from __future__ import annotations

import subprocess
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from tests.integration.hosts.bed import Kctl
from tests.integration.reconcile.cluster import Object, condition, until, workload

APP = "web"
SETTLED = "0 writes, 0 operations, 0 failures"


def service(name: str, app: str, **spec: Any) -> Object:
    """A Service of port 80 of the pods with the label app."""
    body = {"selector": {"app": app}, "ports": [{"port": 80}], **spec}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": body}


def deploy(kctl: Kctl, image: str, replicas: int) -> int:
    """Deploy the web server and its service; the node port. Returns when it is rolled out."""
    probe = {"httpGet": {"path": "/", "port": 80}, "periodSeconds": 1, "timeoutSeconds": 2}
    server = workload(APP, image, replicas=replicas, readinessProbe=probe)
    kctl.apply(server, service(APP, APP, type="NodePort"))
    kctl.rolled_out(APP)
    return int(kctl.get("service", APP)["spec"]["ports"][0]["nodePort"])


def fetch(url: str, kctl: Kctl | None = None, host: str = "") -> str:
    """What a request answers, from this machine or from a host; empty if nothing does."""
    words = ["curl", "-s", "--fail", "--max-time", "3", url]
    if kctl is not None:
        return kctl.bed.run(host, *words).out.strip()
    return subprocess.run(words, capture_output=True, text=True, check=False).stdout.strip()


def pods(kctl: Kctl, live: Sequence[str]) -> list[Object]:
    """Those of the app that count: what is to be deleted on a host that does not answer stays
    in the list until it does."""
    return [
        each
        for each in kctl.pods(APP)
        if each["spec"].get("nodeName") in live or "deletionTimestamp" not in each["metadata"]
    ]


def check(kctl: Kctl, version: str, replicas: int, live: Sequence[str]) -> None:
    """The world is what was asked for: raises what is wrong."""
    found = pods(kctl, live)
    wrong = wrong_pods(found, replicas, live)
    images = {each["spec"]["containers"][0]["image"].split(":")[1] for each in found}
    if images != {version}:
        wrong.append(f"images {images}, {version} was asked for")
    wrong += wrong_containers(kctl, found, live) + wrong_store(kctl, found, live)
    assert not wrong, wrong
    wrong = until_right(lambda: wrong_answers(kctl, found, version, live), 40)
    assert not wrong, wrong


def until_right(faults: Any, seconds: float) -> list[str]:
    """What is wrong once nothing is any more, or when the time is over."""
    found: list[str] = []

    def right() -> bool:
        found[:] = faults()
        return not found

    try:
        until(right, seconds)
    except AssertionError:
        return found
    return []


def wrong_pods(pods: Iterable[Object], replicas: int, live: Sequence[str]) -> list[str]:
    wrong = []
    for each in pods:
        name, node = each["metadata"]["name"], each["spec"].get("nodeName")
        if "deletionTimestamp" in each["metadata"]:
            wrong.append(f"{name} is being deleted")
        if condition(each, "Ready").get("status") != "True":
            wrong.append(f"{name} on {node} is not ready: {each['status']}")
        if node not in live:
            wrong.append(f"{name} is on {node}")
    if (found := len(list(pods))) != replicas:
        wrong.append(f"{found} pods, {replicas} were asked for")
    return wrong


def wrong_containers(kctl: Kctl, pods: Iterable[Object], live: Sequence[str]) -> list[str]:
    """Each pod runs once, on its own host; nothing else of any pod of this app runs."""
    wanted = Counter((each["spec"]["nodeName"], each["metadata"]["uid"]) for each in pods)
    running: Counter[tuple[str, str]] = Counter()
    wrong = []
    for host in live:
        for row in kctl.on(host, APP, stopped=True):
            mark = (host, row["Labels"]["io.kubernetes.pod.uid"])
            if row["State"] == "running":
                running[mark] += 1
            elif mark not in wanted:
                wrong.append(f"{row['Names']} is left on {host}: {row['Status']}")
    wrong += [f"{count} containers too many: {mark}" for mark, count in (running - wanted).items()]
    wrong += [f"{count} containers missing: {mark}" for mark, count in (wanted - running).items()]
    return wrong


def wrong_store(kctl: Kctl, pods: Iterable[Object], live: Sequence[str]) -> list[str]:
    """Nodes, endpoints and the deployment's status say the same as the pods."""
    wrong = []
    addresses = sorted(each["status"]["podIP"] for each in pods)
    slices = kctl.items("endpointslices", "-l", f"kubernetes.io/service-name={APP}")
    endpoints = [each for one in slices for each in one.get("endpoints") or ()]
    ready = [each["addresses"][0] for each in endpoints if each["conditions"].get("ready")]
    if sorted(ready) != addresses:
        wrong.append(f"endpoints {endpoints}, pods {addresses}")
    if len(set(addresses)) != len(addresses):
        wrong.append(f"two pods with one address: {addresses}")
    status = kctl.get("deployment", APP)["status"]
    if {status.get(key) for key in ("readyReplicas", "updatedReplicas")} != {len(addresses)}:
        wrong.append(f"the deployment says {status}")
    for node in kctl.items("nodes"):
        name, ok = node["metadata"]["name"], condition(node, "Ready").get("status") == "True"
        if ok != (name in live):
            wrong.append(f"{name} is {'' if ok else 'not '}ready")
        if name in live and (taints := node["spec"].get("taints")):
            wrong.append(f"{name} has taints: {taints}")
    return wrong


def wrong_answers(
    kctl: Kctl, pods: Iterable[Object], version: str, live: Sequence[str]
) -> list[str]:
    """Every pod answers through every live node: by its node port, and to the node itself."""
    wanted = {f"{version} from {each['metadata']['name']}" for each in pods}
    spec = kctl.get("service", APP)["spec"]
    port, cluster = spec["ports"][0]["nodePort"], spec["clusterIP"]
    wrong = []
    for host in live:
        outside = f"http://{kctl.bed.address(host)}:{port}"
        got = Counter(fetch(outside) for _ in range(4 * len(wanted)))
        if set(got) != wanted:
            wrong.append(f"{outside}: {dict(got)}, not {sorted(wanted)}")
        if (inside := fetch(f"http://{cluster}", kctl, host)) not in wanted:
            wrong.append(f"{cluster} from {host}: {inside!r}")
    return wrong


def check_settled(kctl: Kctl) -> None:
    """No pass finds anything to do; asked while no watcher runs. The first may still note
    what the last one of the watcher had begun."""
    kctl.do("reconcile")
    assert SETTLED in kctl.do("reconcile")
