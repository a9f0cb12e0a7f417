"""The roles that every cluster has: Kubernetes' default policy, as far as kctl serves what
it is about.

https://kubernetes.io/docs/reference/access-authn-authz/rbac/#default-roles-and-role-bindings
"""

from __future__ import annotations

from collections.abc import Iterator

from kctl.api.authorization.rules import EVERYTHING, Rule
from kctl.api.kind import Object
from kctl.api.user import AUTHENTICATED, MASTERS, UNAUTHENTICATED
from kctl.api.validation.rbac import GROUP

AUTOUPDATE = "rbac.authorization.kubernetes.io/autoupdate"
LABELS = {"kubernetes.io/bootstrapping": "rbac-defaults"}

_READ = "get list watch"
_WRITE = "create delete deletecollection patch update"
_ALL = "create delete deletecollection get list patch update watch"
_EVENTS = " events.k8s.io"

Rows = tuple[tuple[str, str, str], ...]
"""(groups, resources, verbs), words parted by spaces; the core group is a "core"."""

_ADMIN: Rows = (
    ("authorization.k8s.io", "localsubjectaccessreviews", "create"),
    (GROUP, "rolebindings roles", _ALL),
)

_STREAMS = "pods/attach pods/exec pods/portforward pods/proxy"
_SCALED = "deployments deployments/rollback deployments/scale"
_EDIT: Rows = (
    ("core", f"{_STREAMS} secrets services/proxy", _READ),
    ("core", "serviceaccounts", "impersonate"),
    ("core", f"pods {_STREAMS}", _WRITE),
    ("core", "pods/eviction", "create"),
    (
        "core",
        "configmaps events persistentvolumeclaims replicationcontrollers "
        "replicationcontrollers/scale secrets serviceaccounts services services/proxy",
        _WRITE,
    ),
    ("core", "serviceaccounts/token", "create"),
    (
        "apps",
        f"daemonsets {_SCALED} replicasets replicasets/scale statefulsets statefulsets/scale",
        _WRITE,
    ),
    ("autoscaling", "horizontalpodautoscalers", _WRITE),
    ("batch", "cronjobs jobs", _WRITE),
    (
        "extensions",
        f"daemonsets {_SCALED} ingresses networkpolicies replicasets replicasets/scale "
        "replicationcontrollers/scale",
        _WRITE,
    ),
    ("policy", "poddisruptionbudgets", _WRITE),
    ("networking.k8s.io", "ingresses networkpolicies", _WRITE),
    ("coordination.k8s.io", "leases", _ALL),
)

_SEEN = (
    "daemonsets daemonsets/status deployments deployments/scale deployments/status "
    "{}replicasets replicasets/scale replicasets/status"
)
_VIEW: Rows = (
    (
        "core",
        "configmaps endpoints persistentvolumeclaims persistentvolumeclaims/status pods "
        "replicationcontrollers replicationcontrollers/scale serviceaccounts services "
        "services/status",
        _READ,
    ),
    (
        "core",
        "bindings events limitranges namespaces/status pods/log pods/status "
        "replicationcontrollers/status resourcequotas resourcequotas/status",
        _READ,
    ),
    ("core", "namespaces", _READ),
    ("discovery.k8s.io", "endpointslices", _READ),
    (
        "apps",
        f"controllerrevisions {_SEEN.format('')} statefulsets statefulsets/scale "
        "statefulsets/status",
        _READ,
    ),
    ("autoscaling", "horizontalpodautoscalers horizontalpodautoscalers/status", _READ),
    ("batch", "cronjobs cronjobs/status jobs jobs/status", _READ),
    (
        "extensions",
        _SEEN.format("ingresses ingresses/status networkpolicies ")
        + " replicationcontrollers/scale",
        _READ,
    ),
    ("policy", "poddisruptionbudgets poddisruptionbudgets/status", _READ),
    ("networking.k8s.io", "ingresses ingresses/status networkpolicies", _READ),
)

_NODE: Rows = (
    ("authentication.k8s.io", "tokenreviews", "create"),
    ("authorization.k8s.io", "localsubjectaccessreviews subjectaccessreviews", "create"),
    ("core", "services", _READ),
    ("core", "nodes", "create get list watch"),
    ("core", "nodes/status", "patch update"),
    ("core", "nodes", "patch update"),
    ("core", "events", "create patch update"),
    ("core", "pods", _READ),
    ("core", "pods", "create delete"),
    ("core", "pods/status", "patch update"),
    ("core", "pods/eviction", "create"),
    ("core", "configmaps secrets", _READ),
    ("core", "endpoints", "get"),
    ("coordination.k8s.io", "leases", "create delete get patch update"),
    ("core", "serviceaccounts/token", "create"),
)

_ROWS: dict[str, Rows] = {
    "system:aggregate-to-admin": _ADMIN,
    "system:aggregate-to-edit": _EDIT,
    "system:aggregate-to-view": _VIEW,
    "system:aggregated-metrics-reader": (("metrics.k8s.io", "nodes pods", _READ),),
    "system:auth-delegator": (
        ("authentication.k8s.io", "tokenreviews", "create"),
        ("authorization.k8s.io", "subjectaccessreviews", "create"),
    ),
    "system:basic-user": (
        (
            "authorization.k8s.io",
            "selfsubjectaccessreviews selfsubjectrulesreviews",
            "create",
        ),
        ("authentication.k8s.io", "selfsubjectreviews", "create"),
    ),
    "system:kubelet-api-admin": (
        ("core", "nodes", _READ),
        ("core", "nodes", "proxy"),
        ("core", "nodes/log nodes/metrics nodes/proxy nodes/stats", "*"),
    ),
    "system:node": _NODE,
    "system:node-proxier": (
        ("core", "endpoints services", "list watch"),
        ("core", "nodes", _READ),
        ("core" + _EVENTS, "events", "create patch update"),
        ("discovery.k8s.io", "endpointslices", "list watch"),
    ),
}

_HEALTH = "/healthz /livez /readyz /version /version/"
_URLS = {
    "system:discovery": (
        "/api /api/* /apis /apis/* /healthz /livez /openapi /openapi/* /readyz /version /version/"
    ),
    "system:monitoring": (
        "/healthz /healthz/* /livez /livez/* /metrics /metrics/slis /readyz /readyz/*"
    ),
    "system:public-info-viewer": _HEALTH,
    "system:service-account-issuer-discovery": "/.well-known/openid-configuration /openid/v1/jwks",
}
"""What is no resource, to be read."""

_AGGREGATED = {"admin": "admin", "edit": "edit", "view": "view"}
"""Roles that collect others' rules: name -> what follows "aggregate-to-"."""
_COLLECTED = {
    "edit": ("admin",),
    "view": ("edit",),
    "system:aggregate-to-admin": ("admin",),
    "system:aggregate-to-edit": ("edit",),
    "system:aggregate-to-view": ("view",),
    "system:aggregated-metrics-reader": ("admin", "edit", "view"),
}
"""Which roles collect a role's rules."""

_BINDINGS: dict[str, tuple[tuple[str, str], ...]] = {
    "cluster-admin": (("Group", MASTERS),),
    "system:basic-user": (("Group", AUTHENTICATED),),
    "system:discovery": (("Group", AUTHENTICATED),),
    "system:monitoring": (("Group", "system:monitoring"),),
    "system:node-proxier": (("User", "system:kube-proxy"),),
    "system:public-info-viewer": (("Group", AUTHENTICATED), ("Group", UNAUTHENTICATED)),
    "system:service-account-issuer-discovery": (("Group", "system:serviceaccounts"),),
}
"""Cluster roles and who has them; a binding is called as its role is."""


def cluster_roles() -> Iterator[Object]:
    """Every default ClusterRole, as it is when it is new."""
    yield _role("cluster-admin", [dict(each) for each in EVERYTHING])
    for name, rows in _ROWS.items():
        yield _role(name, [_rule(*row) for row in rows])
    for name, urls in _URLS.items():
        yield _role(name, [{"nonResourceURLs": urls.split(), "verbs": ["get"]}])
    for name, word in _AGGREGATED.items():
        selector = {"matchLabels": {_aggregates(word): "true"}}
        yield _role(name, []) | {"aggregationRule": {"clusterRoleSelectors": [selector]}}


def cluster_role_bindings() -> Iterator[Object]:
    """Every default ClusterRoleBinding."""
    for name, subjects in _BINDINGS.items():
        yield {
            "apiVersion": f"{GROUP}/v1",
            "kind": "ClusterRoleBinding",
            "metadata": _meta(name, ()),
            "roleRef": {"apiGroup": GROUP, "kind": "ClusterRole", "name": name},
            "subjects": [
                {"apiGroup": GROUP, "kind": kind, "name": subject} for kind, subject in subjects
            ],
        }


def _role(name: str, rules: list[Rule]) -> Object:
    return {
        "apiVersion": f"{GROUP}/v1",
        "kind": "ClusterRole",
        "metadata": _meta(name, _COLLECTED.get(name, ())),
        "rules": rules,
    }


def _meta(name: str, collected: tuple[str, ...]) -> Object:
    return {
        "name": name,
        "labels": {**LABELS, **{_aggregates(word): "true" for word in collected}},
        "annotations": {AUTOUPDATE: "true"},
    }


def _aggregates(word: str) -> str:
    return f"{GROUP}/aggregate-to-{word}"


def _rule(groups: str, resources: str, verbs: str) -> Rule:
    return {
        "apiGroups": ["" if each == "core" else each for each in groups.split()],
        "resources": resources.split(),
        "verbs": verbs.split(),
    }
