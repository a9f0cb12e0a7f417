"""Every way of a request across hosts, in each of the networks that hosts may stand in.

flat: one network, so plain routes. routed: a router in between that knows the hosts alone, so
VXLAN. closed: that router lets no UDP through, so ports of the nodes' addresses."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from kctl.network.ways import way
from tests.integration.hosts import web
from tests.integration.hosts.bed import Bed, Kctl
from tests.integration.reconcile.cluster import Object, pod, until

pytestmark = [pytest.mark.docker, pytest.mark.timeout(900)]
HOSTS = ("h1", "h2", "h3")
WAYS = {"flat": "route", "routed": "vxlan", "closed": "published"}
SERVER = r"""
busybox mkdir -p /www/cgi-bin
printf '#!/bin/sh\necho Content-type: text/plain; echo\n' > /www/cgi-bin/peer
echo 'echo "$REMOTE_ADDR" | busybox tr -d "[]"' >> /www/cgi-bin/peer
busybox chmod 755 /www/cgi-bin/peer
hostname > /www/index.html
echo "serving on $(hostname)"
httpd -f -p 80 -h /www & wait
"""


@pytest.fixture(scope="module", params=WAYS)
def bed(request: pytest.FixtureRequest) -> Iterator[Bed]:
    made = Bed(request.param, len(HOSTS))
    yield made
    made.close()


@pytest.fixture(scope="module")
def peers(kctl: Kctl, bed: Bed, images: str) -> dict[str, str]:
    """A pod on each host, "p-h1" and so on, behind the services peers (headless), web and
    front (of type LoadBalancer); the pods' addresses."""
    probe = {"httpGet": {"path": "/", "port": 80}, "periodSeconds": 1}
    for host in HOSTS:
        spec = {
            "hostname": f"p-{host}",
            "subdomain": "peers",
            "nodeSelector": {"kubernetes.io/hostname": host},
        }
        made = pod(f"p-{host}", f"{images}:v1", SERVER, readinessProbe=probe, spec=spec)
        made["metadata"]["labels"] = {"app": "peer"}
        kctl.apply(made)
    kctl.apply(
        web.service("peers", "peer", clusterIP="None"),
        web.service("web", "peer", type="NodePort"),
        web.service("front", "peer", type="LoadBalancer", ports=[{"port": 8080, "targetPort": 80}]),
    )
    kctl.do("wait", "--for=condition=Ready", "pods", "-l", "app=peer", "--timeout=60s")
    until(lambda: ways(kctl) == {WAYS[bed.layout]}, 90, "a way that carries traffic")
    until(
        lambda: all(everywhere(inside(kctl, host, *["http://web/"] * 6)) for host in HOSTS),
        60,
        "every load balancer knows every endpoint",
    )
    return {each["spec"]["nodeName"]: each["status"]["podIP"] for each in kctl.pods("peer")}


def ways(kctl: Kctl) -> set[str]:
    nodes = kctl.items("nodes")
    return {way(here, there) for here in nodes for there in nodes if here is not there}


def inside(kctl: Kctl, host: str, *urls: str) -> list[str]:
    """What the pod of a host gets from each url; "-" where nothing answers."""
    loop = 'for url in "$@"; do busybox timeout 10 wget -qO- "$url" 2>/dev/null || echo -; done'
    told = kctl.do("exec", f"p-{host}", "--", "sh", "-c", loop, "sh", *urls)
    return told.replace("::ffff:", "").split()  # how the server's IPv6 socket writes IPv4


def everywhere(told: list[str]) -> bool:
    return set(told) == {f"p-{host}" for host in HOSTS}


def reachable(bed: Bed, host: str) -> tuple[str, ...]:
    """The hosts whose pods' own addresses a host reaches: where no packets pass but those of
    published ports, services lead to the other pods, and their addresses do not."""
    return (host,) if bed.layout == "closed" else HOSTS


def test_nodes_find_the_best_way_that_their_network_allows(
    kctl: Kctl, bed: Bed, peers: dict[str, str]
) -> None:
    for node in kctl.items("nodes"):
        (address,) = (
            each["address"] for each in node["status"]["addresses"] if each["type"] == "InternalIP"
        )
        assert address == bed.address(node["metadata"]["name"])
    assert ways(kctl) == {WAYS[bed.layout]}


def test_pods_reach_pods_on_other_hosts_under_their_own_addresses(
    kctl: Kctl, bed: Bed, peers: dict[str, str]
) -> None:
    for host in HOSTS:
        others = reachable(bed, host)
        told = inside(kctl, host, *[f"http://{peers[each]}/cgi-bin/peer" for each in others])
        assert told == [peers[host]] * len(others), host


def test_pods_reach_services_by_address_and_by_name(kctl: Kctl, peers: dict[str, str]) -> None:
    address = kctl.get("service", "web")["spec"]["clusterIP"]
    names = (address, "web", "web.default", "web.default.svc.cluster.local")
    for host in HOSTS:
        told = {name: inside(kctl, host, *[f"http://{name}/"] * 6) for name in names}
        assert all(everywhere(each) for each in told.values()), (host, told)


def test_nodes_reach_services_by_address_and_by_name(kctl: Kctl, peers: dict[str, str]) -> None:
    address = kctl.get("service", "web")["spec"]["clusterIP"]
    resolver = kctl.do("settings", "dns-address").strip()
    for host in HOSTS:
        told = [web.fetch(f"http://{address}", kctl, host) for _ in range(6)]
        assert everywhere(told), (host, told)
        asked = ("dig", "+short", "+time=2", f"@{resolver}", "web.default.svc.cluster.local")
        assert kctl.bed.run(host, *asked).out.split() == [address]


def test_nodes_reach_pods_on_other_hosts(kctl: Kctl, bed: Bed, peers: dict[str, str]) -> None:
    for host in HOSTS:
        others = reachable(bed, host)
        told = [web.fetch(f"http://{peers[other]}", kctl, host) for other in others]
        assert told == [f"p-{other}" for other in others], host


def test_the_outside_reaches_node_ports_of_every_node(
    kctl: Kctl, bed: Bed, peers: dict[str, str]
) -> None:
    port = kctl.get("service", "web")["spec"]["ports"][0]["nodePort"]
    for host in HOSTS:
        told = [web.fetch(f"http://{bed.address(host)}:{port}") for _ in range(6)]
        assert everywhere(told), (host, told)


def test_the_outside_reaches_a_load_balancer_service(
    kctl: Kctl, bed: Bed, peers: dict[str, str]
) -> None:
    status = kctl.get("service", "front")["status"]["loadBalancer"]
    given = sorted(each["ip"] for each in status["ingress"])
    assert given == sorted(bed.address(host) for host in HOSTS)
    for address in given:
        told = [web.fetch(f"http://{address}:8080") for _ in range(6)]
        assert everywhere(told), (address, told)


def test_a_client_keeps_its_address_with_the_local_traffic_policy(
    kctl: Kctl, bed: Bed, peers: dict[str, str]
) -> None:
    """Where its requests stay on the node that they came to, the pod there sees who asks."""
    local = web.service("local", "peer", type="NodePort", externalTrafficPolicy="Local")
    kctl.apply(local)
    port = kctl.get("service", "local")["spec"]["ports"][0]["nodePort"]
    for host in HOSTS:
        url = f"http://{bed.address(host)}:{port}/"
        until(lambda url=url: web.fetch(url), 20, f"{host} serves the new port")
        told = {web.fetch(url) for _ in range(4)}
        assert told == {f"p-{host}"}, host


def test_each_pod_of_a_headless_service_has_a_name_everywhere(
    kctl: Kctl, bed: Bed, peers: dict[str, str]
) -> None:
    names = [f"p-{host}.peers" for host in HOSTS]
    asked = "for name in " + " ".join(f"{name}.default.svc.cluster.local" for name in names)
    asked += "; do nslookup $name | busybox grep -A1 ^Name: | busybox grep ^Address; done"
    for host in HOSTS:
        shown = kctl.do("exec", f"p-{host}", "--", "sh", "-c", asked)
        assert re.findall(r"10\.\d+\.\d+\.\d+", shown) == [peers[other] for other in HOSTS]
        if bed.layout != "closed":
            urls = [f"http://{name}/" for name in names]
            assert inside(kctl, host, *urls) == [f"p-{other}" for other in HOSTS]


def test_exec_and_logs_reach_every_host(kctl: Kctl, peers: dict[str, str]) -> None:
    for host in HOSTS:
        assert kctl.do("exec", f"p-{host}", "--", "hostname") == f"p-{host}\n"
        assert kctl.do("logs", f"p-{host}").splitlines()[0] == f"serving on p-{host}"
        fed = kctl.do("exec", "-i", f"p-{host}", "--", "cat", stdin="through the host\n")
        assert fed == "through the host\n"
        failed = kctl.kctl("exec", f"p-{host}", "--", "sh", "-c", "exit 7")
        assert failed.code == 7


def test_probes_reach_pods_of_every_host(kctl: Kctl, images: str, peers: dict[str, str]) -> None:
    """Of each sort: what listens is ready, what does not is not."""
    probes: dict[str, Object] = {
        "http": {"httpGet": {"path": "/", "port": 80}},
        "tcp": {"tcpSocket": {"port": 80}},
        "exec": {"exec": {"command": ["cat", "/www/index.html"]}},
        "deaf": {"tcpSocket": {"port": 81}},
    }
    host = {"nodeSelector": {"kubernetes.io/hostname": "h2"}}
    for name, probe in probes.items():
        fast = {**probe, "periodSeconds": 1, "timeoutSeconds": 2}
        kctl.apply(pod(name, f"{images}:v1", SERVER, readinessProbe=fast, spec=host))
    try:
        good = [f"pod/{name}" for name in probes if name != "deaf"]
        kctl.do("wait", "--for=condition=Ready", *good, "--timeout=30s")
        until(lambda: "Readiness probe failed" in str(kctl.messages("Unhealthy")), 15)
        assert not kctl.ready("deaf")
    finally:
        kctl.do("delete", "pods", *probes)


def test_ports_of_pods_on_every_host_can_be_forwarded(kctl: Kctl, peers: dict[str, str]) -> None:
    for host in HOSTS:
        process = kctl.start("port-forward", f"pod/p-{host}", ":80")
        assert process.stdout is not None
        said = process.stdout.readline()
        port = re.search(r"127\.0\.0\.1:(\d+) -> 80", said)
        assert port is not None, said
        assert web.fetch(f"http://127.0.0.1:{port[1]}") == f"p-{host}"
        process.terminate()
