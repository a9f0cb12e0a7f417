"""The table rows of every kind: cells as they are stored."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.kinds import objects
from tests.unit.kinds.objects import CREATED, EPOCH, KINDS, Object, container, defaulted, pod, row

AGE = [EPOCH]


def _pod(status: Object, deleting: bool = False, **spec: Any) -> Object:
    made = defaulted(pod(**spec))
    made["status"] = {"phase": "Running", **status}
    if deleting:
        made["metadata"]["deletionTimestamp"] = CREATED
    return made


def _main(state: Object, ready: bool = False, **fields: Any) -> Object:
    return {"name": "web", "ready": ready, "restartCount": 0, "state": state, **fields}


RUNNING = {"running": {"startedAt": CREATED}}
READY = {"type": "Ready", "status": "True"}


def _ended(**fields: Any) -> Object:
    return {"terminated": {"exitCode": 0, **fields}}


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ({"phase": "Pending"}, ["0/1", "Pending", "0"]),
        ({"containerStatuses": [_main(RUNNING, ready=True)]}, ["1/1", "Running", "0"]),
        ({"containerStatuses": [_main(RUNNING)]}, ["0/1", "Running", "0"]),
        (
            {"containerStatuses": [_main({"waiting": {"reason": "CrashLoopBackOff"}})]},
            ["0/1", "CrashLoopBackOff", "0"],
        ),
        (
            {
                "phase": "Pending",
                "containerStatuses": [_main({"waiting": {"reason": "ErrImagePull"}})],
            },
            ["0/1", "ErrImagePull", "0"],
        ),
        (
            {"phase": "Succeeded", "containerStatuses": [_main(_ended(reason="Completed"))]},
            ["0/1", "Completed", "0"],
        ),
        (
            {"phase": "Failed", "containerStatuses": [_main(_ended(exitCode=3))]},
            ["0/1", "ExitCode:3", "0"],
        ),
        (
            {"phase": "Failed", "containerStatuses": [_main(_ended(exitCode=137, signal=9))]},
            ["0/1", "Signal:9", "0"],
        ),
        ({"phase": "Failed", "reason": "Evicted"}, ["0/1", "Evicted", "0"]),
        (
            {
                "phase": "Pending",
                "conditions": [
                    {"type": "PodScheduled", "status": "False", "reason": "SchedulingGated"}
                ],
            },
            ["0/1", "SchedulingGated", "0"],
        ),
        (
            {
                "containerStatuses": [
                    _main(RUNNING, ready=True, restartCount=3, lastState=_ended(finishedAt=CREATED))
                ]
            },
            ["1/1", "Running", ["3 (", EPOCH, " ago)"]],
        ),
        (
            {"containerStatuses": [_main(RUNNING, ready=True, restartCount=3)]},
            ["1/1", "Running", "3"],
        ),
    ],
)
def test_status_of_a_pod(status: Object, expected: list[Any]) -> None:
    assert row(_pod(status))[:5] == ["web-1", *expected, AGE]


@pytest.mark.parametrize(
    ("init", "expected"),
    [
        ({"waiting": {"reason": "PodInitializing"}}, "Init:0/1"),
        (RUNNING, "Init:0/1"),
        ({"waiting": {"reason": "ErrImagePull"}}, "Init:ErrImagePull"),
        (_ended(exitCode=1, reason="Error"), "Init:Error"),
        (_ended(exitCode=1), "Init:ExitCode:1"),
        (_ended(exitCode=137, signal=9), "Init:Signal:9"),
        (_ended(), "PodInitializing"),
    ],
)
def test_status_while_init_containers_run(init: Object, expected: str) -> None:
    statuses = [{"name": "init", "restartCount": 2, "state": init}]
    waiting = [_main({"waiting": {"reason": "PodInitializing"}})]
    status = {
        "phase": "Pending",
        "initContainerStatuses": statuses,
        "containerStatuses": waiting,
    }
    cells = row(_pod(status, initContainers=[container("init")]))
    assert cells[1:3] == ["0/1", expected]
    assert cells[3] == ("0" if expected == "PodInitializing" else "2")


def test_a_sidecar_counts_as_a_container() -> None:
    init = {"name": "log", "started": True, "ready": True, "restartCount": 1, "state": RUNNING}
    status = {"initContainerStatuses": [init], "containerStatuses": [_main(RUNNING, ready=True)]}
    sidecar = container("log", restartPolicy="Always")
    assert row(_pod(status, initContainers=[sidecar]))[1:4] == ["2/2", "Running", "1"]


@pytest.mark.parametrize(("conditions", "expected"), [([READY], "Running"), ([], "NotReady")])
def test_one_completed_container_beside_a_running_one(
    conditions: list[Object], expected: str
) -> None:
    statuses = [
        _main(_ended(reason="Completed")),
        {**_main(RUNNING, ready=True), "name": "other"},
    ]
    status = {"containerStatuses": statuses, "conditions": conditions}
    both = [container(), container("other")]
    assert row(_pod(status, containers=both))[1:3] == ["1/2", expected]


def test_deletion() -> None:
    running = {"containerStatuses": [_main(RUNNING, ready=True)]}
    assert row(_pod(running, deleting=True))[2] == "Terminating"
    assert row(_pod({"phase": "Succeeded"}, deleting=True))[2] == "Succeeded"
    assert row(_pod({"reason": "NodeLost"}, deleting=True))[2] == "Unknown"


def test_wide_cells_of_a_pod() -> None:
    none = "<none>"
    assert row(_pod({}))[5:] == [none, none, none, none]
    status = {
        "podIP": "10.0.0.1",
        "podIPs": [{"ip": "10.0.0.1"}],
        "nominatedNodeName": "two",
        "conditions": [{"type": "a/b", "status": "True"}],
    }
    gates = [{"conditionType": "a/b"}, {"conditionType": "a/c"}]
    assert row(_pod(status, nodeName="one", readinessGates=gates))[5:] == [
        "10.0.0.1",
        "one",
        "two",
        "1/2",
    ]


def test_deployments_and_replica_sets() -> None:
    made = defaulted(objects.deployment(replicas=3))
    made["status"] = {"readyReplicas": 2, "updatedReplicas": 3, "availableReplicas": 1}
    assert row(made) == ["web", "2/3", 3, 1, AGE, "web", "nginx:1.25", "app=web"]
    owned = defaulted(objects.workload("ReplicaSet", replicas=3))
    owned["status"] = {"replicas": 3, "readyReplicas": 2}
    assert row(owned) == ["web", 3, 3, 2, AGE, "web", "nginx:1.25", "app=web"]


def test_selectors_in_their_string_form() -> None:
    selector = {
        "matchLabels": {"b": "2", "a": "1"},
        "matchExpressions": [
            {"key": "c", "operator": "In", "values": ["y", "x"]},
            {"key": "d", "operator": "NotIn", "values": ["z"]},
            {"key": "e", "operator": "Exists"},
            {"key": "f", "operator": "DoesNotExist"},
        ],
    }
    assert row(defaulted(objects.deployment(selector=selector)))[-1] == (
        "a=1,b=2,c in (x,y),d notin (z),e,!f"
    )


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({}, ["ClusterIP", "<none>", "<none>", "80/TCP", AGE, "app=web"]),
        (
            {"clusterIP": "10.0.0.9", "externalIPs": ["192.0.2.1", "192.0.2.2"]},
            ["ClusterIP", "10.0.0.9", "192.0.2.1,192.0.2.2", "80/TCP", AGE, "app=web"],
        ),
        (
            {
                "type": "NodePort",
                "clusterIP": "10.0.0.9",
                "ports": [
                    {"name": "a", "port": 80, "nodePort": 30080},
                    {"name": "b", "port": 53, "nodePort": 30053, "protocol": "UDP"},
                ],
            },
            ["NodePort", "10.0.0.9", "<none>", "80:30080/TCP,53:30053/UDP", AGE, "app=web"],
        ),
        (
            {"type": "LoadBalancer", "clusterIP": "10.0.0.9"},
            ["LoadBalancer", "10.0.0.9", "<pending>", "80/TCP", AGE, "app=web"],
        ),
        (
            {"clusterIP": "None", "selector": None, "ports": None},
            ["ClusterIP", "None", "<none>", "<none>", AGE, "<none>"],
        ),
        (
            {"type": "ExternalName", "externalName": "a.example", "ports": None},
            ["ExternalName", "<none>", "a.example", "<none>", AGE, "app=web"],
        ),
    ],
)
def test_services(spec: Object, expected: list[Any]) -> None:
    assert row(defaulted(objects.service(**spec))) == ["web", *expected]


def test_a_load_balancer_shows_its_addresses() -> None:
    made = defaulted(objects.service(type="LoadBalancer", externalIPs=["192.0.2.7"]))
    ingress = [{"ip": "192.0.2.1"}, {"hostname": "lb.example"}]
    made["status"] = {"loadBalancer": {"ingress": ingress}}
    assert row(made)[3] == "192.0.2.1,lb.example,192.0.2.7"


def _node(conditions: list[Object], **body: Any) -> Object:
    made = objects.node(status={"conditions": conditions}, **body)
    KINDS["Node"].default(made)
    return made


@pytest.mark.parametrize(
    ("conditions", "spec", "expected"),
    [
        ([], {}, "Unknown"),
        ([READY], {}, "Ready"),
        ([{"type": "Ready", "status": "False"}], {}, "NotReady"),
        ([{"type": "Ready", "status": "Unknown"}], {}, "NotReady"),
        ([READY], {"unschedulable": True}, "Ready,SchedulingDisabled"),
    ],
)
def test_status_of_a_node(conditions: list[Object], spec: Object, expected: str) -> None:
    assert row(_node(conditions, spec=spec))[1] == expected


def test_a_node_in_full() -> None:
    made = _node([READY])
    made["metadata"]["labels"] = {
        "node-role.kubernetes.io/worker": "",
        "node-role.kubernetes.io/control-plane": "",
        "kubernetes.io/role": "edge",
    }
    made["status"] |= {
        "addresses": [
            {"type": "Hostname", "address": "one"},
            {"type": "InternalIP", "address": "192.0.2.1"},
        ],
        "nodeInfo": {
            "kubeletVersion": "v1.37.0",
            "osImage": "Debian GNU/Linux 12 (bookworm)",
            "kernelVersion": "6.1.0",
            "containerRuntimeVersion": "docker://20.10.24",
        },
    }
    assert row(made) == [
        "one",
        "Ready",
        "control-plane,edge,worker",
        AGE,
        "v1.37.0",
        "192.0.2.1",
        "<none>",
        "Debian GNU/Linux 12 (bookworm)",
        "6.1.0",
        "docker://20.10.24",
    ]
    assert row(_node([]))[2:] == ["<none>", AGE, "", "<none>", "<none>", *["<unknown>"] * 3]


def test_endpoints() -> None:
    def made(subsets: Any) -> Any:
        return row(objects.plain("Endpoints", subsets=subsets))[1]

    four = [{"ip": f"10.0.0.{n}"} for n in range(1, 5)]
    assert made([]) == "<none>"
    assert made([{"addresses": four[:1], "ports": [{"port": 80}]}]) == "10.0.0.1:80"
    assert made([{"addresses": four[:1]}]) == "10.0.0.1"
    assert made([{"addresses": [{"ip": "fd00::1"}], "ports": [{"port": 80}]}]) == "[fd00::1]:80"
    assert made([{"addresses": four, "ports": [{"port": 80}]}]) == (
        "10.0.0.1:80,10.0.0.2:80,10.0.0.3:80 + 1 more..."
    )
    assert made([{"notReadyAddresses": four, "ports": [{"port": 80}]}]) == ""


def test_endpoint_slices() -> None:
    made = objects.plain("EndpointSlice", addressType="IPv4")
    assert row(made) == ["thing", "IPv4", "<unset>", "<unset>", AGE]
    made["ports"] = [{"name": "a", "port": 80}, {"name": "b"}, {}]
    made["endpoints"] = [{"addresses": [f"10.0.0.{n}"]} for n in range(5)]
    assert row(made)[2:4] == ["80,b,*", "10.0.0.0,10.0.0.1,10.0.0.2 + 2 more..."]


def test_events() -> None:
    made = objects.plain(
        "Event",
        type="Normal",
        reason="Pulled",
        message="Pulled image \n",
        involvedObject={"kind": "Pod", "name": "web-1", "fieldPath": "spec.containers{web}"},
        source={"component": "kubelet", "host": "one"},
        firstTimestamp=CREATED,
        lastTimestamp="2026-11-23T05:47:55Z",
        count=4,
    )
    assert row(made) == [
        [EPOCH + 60],
        "Normal",
        "Pulled",
        "pod/web-1",
        "spec.containers{web}",
        "kubelet, one",
        "Pulled image",
        [EPOCH],
        4,
        "thing",
    ]


def test_events_of_the_newer_form() -> None:
    made = objects.plain(
        "Event",
        eventTime="2026-11-23T05:46:55.250000Z",
        reportingComponent="kctl",
        involvedObject={"kind": "Node"},
    )
    cells = row(made)
    assert (cells[0], cells[3], cells[5], cells[7], cells[8]) == (
        [EPOCH],
        "node",
        "kctl",
        [EPOCH],
        1,
    )
    made["series"] = {"count": 7, "lastObservedTime": "2026-11-23T05:47:55.000000Z"}
    assert (row(made)[0], row(made)[8]) == ([EPOCH + 60], 7)
    assert row(objects.plain("Event"))[0] == "<unknown>"


@pytest.mark.parametrize(
    ("kind", "body", "expected"),
    [
        ("Namespace", {"status": {"phase": "Active"}}, ["Active"]),
        ("ConfigMap", {"data": {"a": ""}, "binaryData": {"b": ""}}, [2]),
        ("Secret", {"type": "Opaque", "data": {"a": ""}}, ["Opaque", 1]),
        ("ServiceAccount", {}, [0]),
        ("Lease", {"spec": {"holderIdentity": "me"}}, ["me"]),
        ("Lease", {}, [""]),
    ],
)
def test_small_kinds(kind: str, body: Object, expected: list[Any]) -> None:
    assert row(objects.plain(kind, **body)) == ["thing", *expected, AGE]


def test_a_missing_creation_time_is_unknown() -> None:
    made = objects.plain("ConfigMap")
    del made["metadata"]["creationTimestamp"]
    assert row(made)[-1] == "<unknown>"


def test_columns_are_kubernetes() -> None:
    def shown(kind: str) -> str:
        return " ".join(
            f"{'*' if column.priority else ''}{column.name.replace(' ', '-')}"
            for column in KINDS[kind].columns
        )

    assert shown("Pod") == (
        "Name Ready Status Restarts Age *IP *Node *Nominated-Node *Readiness-Gates"
    )
    assert shown("Deployment") == (
        "Name Ready Up-to-date Available Age *Containers *Images *Selector"
    )
    assert shown("ReplicaSet") == ("Name Desired Current Ready Age *Containers *Images *Selector")
    assert shown("Service") == "Name Type Cluster-IP External-IP Port(s) Age *Selector"
    assert shown("Event") == (
        "Last-Seen Type Reason Object *Subobject *Source Message *First-Seen *Count *Name"
    )
