"""What a pod is refused for, in Kubernetes' words and with its field paths."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.kinds.objects import container, faults, pod

_LABEL = (
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and "
    "must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex "
    "used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
)
_KEY = (
    "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. "
    "'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is "
    "'[-._a-zA-Z0-9]+')"
)
_HEADER = (
    "a valid HTTP header must consist of alphanumeric characters or '-' (e.g. "
    "'X-Header-Name', regex used for validation is '[-A-Za-z0-9]+')"
)
_RANGE = "must be between 1 and 65535, inclusive"


def _with(**fields: Any) -> Any:
    """A pod of one container with these fields."""
    return pod(containers=[container(**fields)])


def test_a_plain_pod_passes() -> None:
    assert faults(pod()) == []


def test_a_pod_needs_containers() -> None:
    assert faults(pod(containers=[])) == ["spec.containers: Required value"]


def test_names_and_images() -> None:
    wrong = pod(containers=[{"name": "Web"}, {"image": "a"}, container(), container()])
    assert faults(wrong) == [
        f'spec.containers[0].name: Invalid value: "Web": {_LABEL}',
        "spec.containers[0].image: Required value",
        "spec.containers[1].name: Required value",
        'spec.containers[3].name: Duplicate value: "web"',
    ]


def test_images_are_not_padded_in_pods() -> None:
    text = "must not have leading or trailing whitespace"
    assert faults(_with(image=" nginx")) == [
        f'spec.containers[0].image: Invalid value: " nginx": {text}'
    ]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (
            {"imagePullPolicy": "Sometimes"},
            'imagePullPolicy: Unsupported value: "Sometimes": supported values: "Always", '
            '"IfNotPresent", "Never"',
        ),
        (
            {"terminationMessagePolicy": "No"},
            'terminationMessagePolicy: Unsupported value: "No": supported values: "File", '
            '"FallbackToLogsOnError"',
        ),
        ({"ports": [{}]}, "ports[0].containerPort: Required value"),
        (
            {"ports": [{"containerPort": 70000}]},
            f"ports[0].containerPort: Invalid value: 70000: {_RANGE}",
        ),
        (
            {"ports": [{"containerPort": 80, "hostPort": 65536}]},
            f"ports[0].hostPort: Invalid value: 65536: {_RANGE}",
        ),
        (
            {"ports": [{"containerPort": 80, "protocol": "HTTP"}]},
            'ports[0].protocol: Unsupported value: "HTTP": supported values: "SCTP", "TCP", "UDP"',
        ),
        (
            {"ports": [{"containerPort": 80, "name": "a-name-that-is-long"}]},
            'ports[0].name: Invalid value: "a-name-that-is-long": must be no more than 15 '
            "characters",
        ),
        (
            {"ports": [{"containerPort": 80, "name": "123"}]},
            'ports[0].name: Invalid value: "123": must contain at least one letter (a-z)',
        ),
        (
            {"ports": [{"containerPort": 80, "name": "a"}, {"containerPort": 81, "name": "a"}]},
            'ports[1].name: Duplicate value: "a"',
        ),
        ({"env": [{"value": "x"}]}, "env[0].name: Required value"),
        (
            {"env": [{"name": "A=B"}]},
            'env[0].name: Invalid value: "A=B": a valid environment variable name must consist '
            "only of printable ASCII characters other than '='",
        ),
        (
            {"env": [{"name": "A", "valueFrom": {}}]},
            'env[0].valueFrom: Invalid value: "": must specify one of: `fieldRef`, '
            "`resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`",
        ),
        (
            {
                "env": [
                    {
                        "name": "A",
                        "value": "x",
                        "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}},
                    }
                ]
            },
            'env[0].valueFrom: Invalid value: "": may not be specified when `value` is not empty',
        ),
        (
            {"env": [{"name": "A", "valueFrom": {"fieldRef": {"fieldPath": "status.phase"}}}]},
            'env[0].valueFrom.fieldRef.fieldPath: Unsupported value: "status.phase": supported '
            'values: "metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName", '
            '"spec.serviceAccountName", "status.hostIP", "status.hostIPs", "status.podIP", '
            '"status.podIPs"',
        ),
        (
            {"env": [{"name": "A", "valueFrom": {"fieldRef": {"fieldPath": "spec.x"}}}]},
            'env[0].valueFrom.fieldRef.fieldPath: Invalid value: "spec.x": error converting '
            "fieldPath: field label not supported: spec.x",
        ),
        (
            {"env": [{"name": "A", "valueFrom": {"secretKeyRef": {"name": "s", "key": "a b"}}}]},
            f'env[0].valueFrom.secretKeyRef.key: Invalid value: "a b": {_KEY}',
        ),
        (
            {"envFrom": [{}]},
            'envFrom: Invalid value: "": must specify one of: `configMapRef` or `secretRef`',
        ),
        (
            {"volumeMounts": [{"name": "v", "mountPath": "/v"}]},
            'volumeMounts[0].name: Not found: "v"',
        ),
        (
            {"resources": {"requests": {"cpu": "2"}, "limits": {"cpu": "1"}}},
            'resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1',
        ),
        (
            {"resources": {"limits": {"memory": "-1"}, "requests": {"memory": "-1"}}},
            'resources.limits[memory]: Invalid value: "-1": must be greater than or equal to 0',
        ),
        (
            {"resources": {"limits": {"gpu": "1"}}},
            'resources.limits[gpu]: Invalid value: "gpu": must be a standard resource type or '
            "fully qualified",
        ),
        (
            {"resources": {"requests": {"example.com/gpu": "1"}}},
            "resources.limits: Required value: Limit must be set for non overcommitable resources",
        ),
        (
            {"livenessProbe": {"periodSeconds": 5}},
            "livenessProbe: Required value: must specify a handler type",
        ),
        (
            {"livenessProbe": {"exec": {"command": ["a"]}, "httpGet": {"port": 80}}},
            "livenessProbe.httpGet: Forbidden: may not specify more than 1 handler type",
        ),
        (
            {"livenessProbe": {"tcpSocket": {"port": 80}, "successThreshold": 2}},
            "livenessProbe.successThreshold: Invalid value: 2: must be 1",
        ),
        (
            {"readinessProbe": {"tcpSocket": {"port": 80}, "periodSeconds": -1}},
            "readinessProbe.periodSeconds: Invalid value: -1: must be greater than or equal to 0",
        ),
        (
            {"readinessProbe": {"tcpSocket": {"port": 80}, "terminationGracePeriodSeconds": 1}},
            "readinessProbe.terminationGracePeriodSeconds: Invalid value: 1: must not be set for "
            "readinessProbes",
        ),
        (
            {"startupProbe": {"httpGet": {"port": 80, "httpHeaders": [{"name": "a:b"}]}}},
            f'startupProbe.httpGet.httpHeaders: Invalid value: "a:b": {_HEADER}',
        ),
        ({"startupProbe": {"exec": {}}}, "startupProbe.exec.command: Required value"),
        (
            {"lifecycle": {"preStop": {"sleep": {"seconds": 31}}}},
            "lifecycle.preStop.sleep: Invalid value: 31: must be non-negative and less than "
            "terminationGracePeriodSeconds (30)",
        ),
        (
            {"securityContext": {"runAsUser": -1}},
            "securityContext.runAsUser: Invalid value: -1: must be between 0 and 2147483647, "
            "inclusive",
        ),
        (
            {"securityContext": {"seccompProfile": {"type": "Localhost"}}},
            "securityContext.seccompProfile.localhostProfile: Required value: must be set when "
            "seccomp type is Localhost",
        ),
        (
            {"securityContext": {"allowPrivilegeEscalation": False, "privileged": True}},
            'securityContext: Invalid value: {"allowPrivilegeEscalation":false,"privileged":true}:'
            " cannot set `allowPrivilegeEscalation` to false and `privileged` to true",
        ),
    ],
)
def test_containers(fields: dict[str, Any], expected: str) -> None:
    found = faults(_with(**fields))
    assert found[0] == f"spec.containers[0].{expected}"


@pytest.mark.parametrize(
    ("volume", "expected"),
    [
        ({"name": "V", "emptyDir": {}}, f'name: Invalid value: "V": {_LABEL}'),
        ({"emptyDir": {}, "name": ""}, "name: Required value"),
        (
            {"name": "v", "hostPath": {"path": "/a/../b"}},
            "hostPath.path: Invalid value: \"/a/../b\": must not contain '..'",
        ),
        (
            {"name": "v", "hostPath": {"path": "/a", "type": "Dir"}},
            'hostPath.type: Unsupported value: "Dir": supported values: "", "BlockDevice", '
            '"CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket"',
        ),
        ({"name": "v", "secret": {}}, "secret.secretName: Required value"),
        ({"name": "v", "configMap": {}}, "configMap.name: Required value"),
        (
            {"name": "v", "secret": {"secretName": "s", "defaultMode": 512}},
            "secret.defaultMode: Invalid value: 512: must be a number between 0 and 0777 "
            "(octal), both inclusive",
        ),
        (
            {"name": "v", "configMap": {"name": "c", "items": [{"key": "a", "path": "/x"}]}},
            'configMap.items[0].path: Invalid value: "/x": must be a relative path',
        ),
        (
            {"name": "v", "emptyDir": {}, "configMap": {"name": "c"}},
            "configMap: Forbidden: may not specify more than 1 volume type",
        ),
        (
            {"name": "v", "downwardAPI": {"items": [{"path": "a"}]}},
            "downwardAPI: Required value: one of fieldRef and resourceFieldRef is required",
        ),
    ],
)
def test_volumes(volume: dict[str, Any], expected: str) -> None:
    assert faults(pod(volumes=[volume])) == [f"spec.volumes[0].{expected}"]


def test_a_projected_token_may_not_be_short_lived() -> None:
    token = {"serviceAccountToken": {"path": "t", "expirationSeconds": 60}}
    volume = {"name": "v", "projected": {"sources": [token]}}
    assert faults(pod(volumes=[volume], serviceAccountName="a")) == [
        "spec.volumes[0].projected.sources[0].serviceAccountToken.expirationSeconds: "
        "Invalid value: 60: may not specify a duration less than 10 minutes"
    ]


def test_a_faulty_volume_cannot_be_mounted() -> None:
    mounts = [{"name": "v", "mountPath": "/v"}]
    wrong = pod(volumes=[{"name": "v", "secret": {}}], containers=[container(volumeMounts=mounts)])
    assert faults(wrong) == [
        "spec.volumes[0].secret.secretName: Required value",
        'spec.containers[0].volumeMounts[0].name: Not found: "v"',
    ]


def test_mount_points_are_unique() -> None:
    mounts = [{"name": "v", "mountPath": "/v"}, {"name": "v", "mountPath": "/v"}]
    made = pod(volumes=[{"name": "v"}], containers=[container(volumeMounts=mounts)])
    assert faults(made) == [
        'spec.containers[0].volumeMounts[1].mountPath: Invalid value: "/v": must be unique'
    ]


def test_host_ports_are_unique_in_a_pod() -> None:
    ports = [{"containerPort": 80, "hostPort": 80}]
    made = pod(containers=[container("a", ports=ports), container("b", ports=ports)])
    assert faults(made) == [
        'spec.containers[1].ports[0].hostPort: Duplicate value: "TCP//80"',
    ]


def test_init_containers_have_no_probes_or_hooks() -> None:
    probe = {"exec": {"command": ["a"]}}
    made = pod(initContainers=[container("init", livenessProbe=probe), container("web")])
    text = "may not be set for init containers without restartPolicy=Always"
    assert faults(made) == [
        f"spec.initContainers[0].livenessProbe: Forbidden: {text}",
        'spec.initContainers[1].name: Duplicate value: "web"',
    ]
    sidecar = container("init", livenessProbe=probe, restartPolicy="Always")
    assert faults(pod(initContainers=[sidecar])) == []


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        (
            {"restartPolicy": "Maybe"},
            'spec.restartPolicy: Unsupported value: "Maybe": supported values: "Always", '
            '"OnFailure", "Never"',
        ),
        (
            {"dnsPolicy": "Cluster"},
            'spec.dnsPolicy: Unsupported value: "Cluster": supported values: '
            '"ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"',
        ),
        (
            {"dnsPolicy": "None"},
            "spec.dnsConfig: Required value: must provide `dnsConfig` when `dnsPolicy` is None",
        ),
        (
            {"dnsConfig": {"nameservers": ["192.0.2.300"]}},
            'spec.dnsConfig.nameservers[0]: Invalid value: "192.0.2.300": must be a valid IP '
            "address, (e.g. 10.9.8.7 or 2001:db8::ffff)",
        ),
        (
            {"dnsConfig": {"nameservers": ["192.0.02.1"]}},
            'spec.dnsConfig.nameservers[0]: Invalid value: "192.0.02.1": must not have leading 0s',
        ),
        (
            {"activeDeadlineSeconds": 0},
            "spec.activeDeadlineSeconds: Invalid value: 0: must be between 1 and 2147483647, "
            "inclusive",
        ),
        ({"hostname": "a.b"}, 'spec.hostname: Invalid value: "a.b": must not contain dots'),
        (
            {"tolerations": [{"operator": "Equal"}]},
            'spec.tolerations[0].operator: Invalid value: "Equal": operator must be Exists when '
            '`key` is empty, which means "match all values and all keys"',
        ),
        (
            {"tolerations": [{"key": "a", "effect": "Never"}]},
            'spec.tolerations[0].effect: Unsupported value: "Never": supported values: '
            '"NoSchedule", "PreferNoSchedule", "NoExecute"',
        ),
        (
            {"tolerations": [{"key": "a", "operator": "Exists", "tolerationSeconds": 3}]},
            "spec.tolerations[0].effect: Invalid value: \"\": effect must be 'NoExecute' when "
            "`tolerationSeconds` is set",
        ),
        (
            {"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {}}}},
            "spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution."
            "nodeSelectorTerms: Required value: must have at least one node selector term",
        ),
        (
            {
                "topologySpreadConstraints": [
                    {"maxSkew": 0, "topologyKey": "a", "whenUnsatisfiable": "ScheduleAnyway"}
                ]
            },
            "spec.topologySpreadConstraints[0].maxSkew: Invalid value: 0: must be greater than "
            "zero",
        ),
        (
            {"hostUsers": False, "hostPID": True},
            "spec.HostPID: Forbidden: when `hostUsers` is false",
        ),
        (
            {"os": {"name": "plan9"}},
            'spec.os: Unsupported value: "plan9": supported values: "linux", "windows"',
        ),
        (
            {
                "securityContext": {"sysctls": [{"name": "net.a", "value": "1"}]},
                "hostNetwork": True,
            },
            'spec.securityContext.sysctls[0].name: Invalid value: "net.a": may not be specified '
            "when 'hostNetwork' is true",
        ),
        (
            {"nodeName": "one", "schedulingGates": [{"name": "a"}]},
            "spec.nodeName: Forbidden: cannot be set until all schedulingGates have been cleared",
        ),
    ],
)
def test_specs(spec: dict[str, Any], expected: str) -> None:
    assert faults(pod(**spec)) == [expected]


def test_the_cost_of_deletion_is_a_number() -> None:
    made = pod()
    made["metadata"]["annotations"] = {"controller.kubernetes.io/pod-deletion-cost": "+1"}
    assert faults(made) == [
        "metadata.annotations[controller.kubernetes.io/pod-deletion-cost]: Invalid value: "
        '"+1": must be a 32bit integer'
    ]
