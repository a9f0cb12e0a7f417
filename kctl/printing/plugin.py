"""The built-in describers, registered like anybody's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kctl.plugins.hookspecs import hookimpl

if TYPE_CHECKING:
    from kctl.printing.types import Describer


@hookimpl
def kctl_describers() -> list[Describer]:
    from kctl.printing.describe.configmap import ConfigMapDescriber
    from kctl.printing.describe.cronjob import CronJobDescriber
    from kctl.printing.describe.daemonset import DaemonSetDescriber
    from kctl.printing.describe.deployment import DeploymentDescriber
    from kctl.printing.describe.endpoints import EndpointsDescriber
    from kctl.printing.describe.endpointslice import EndpointSliceDescriber
    from kctl.printing.describe.horizontalpodautoscaler import HorizontalPodAutoscalerDescriber
    from kctl.printing.describe.ingress import IngressDescriber
    from kctl.printing.describe.ingressclass import IngressClassDescriber
    from kctl.printing.describe.job import JobDescriber
    from kctl.printing.describe.limitrange import LimitRangeDescriber
    from kctl.printing.describe.namespace import NamespaceDescriber
    from kctl.printing.describe.networkpolicy import NetworkPolicyDescriber
    from kctl.printing.describe.node import NodeDescriber
    from kctl.printing.describe.pod import PodDescriber
    from kctl.printing.describe.poddisruptionbudget import PodDisruptionBudgetDescriber
    from kctl.printing.describe.priorityclass import PriorityClassDescriber
    from kctl.printing.describe.replicaset import ReplicaSetDescriber
    from kctl.printing.describe.resourcequota import ResourceQuotaDescriber
    from kctl.printing.describe.role import RoleDescriber
    from kctl.printing.describe.rolebinding import RoleBindingDescriber
    from kctl.printing.describe.secret import SecretDescriber
    from kctl.printing.describe.service import ServiceDescriber
    from kctl.printing.describe.serviceaccount import ServiceAccountDescriber

    return [
        ConfigMapDescriber(),
        CronJobDescriber(),
        DaemonSetDescriber(),
        DeploymentDescriber(),
        EndpointSliceDescriber(),
        EndpointsDescriber(),
        HorizontalPodAutoscalerDescriber(),
        IngressClassDescriber(),
        IngressDescriber(),
        JobDescriber(),
        LimitRangeDescriber(),
        NamespaceDescriber(),
        NetworkPolicyDescriber(),
        NodeDescriber(),
        PodDescriber(),
        PodDisruptionBudgetDescriber(),
        PriorityClassDescriber(),
        ReplicaSetDescriber(),
        ResourceQuotaDescriber(),
        RoleDescriber("roles.rbac.authorization.k8s.io"),
        RoleDescriber("clusterroles.rbac.authorization.k8s.io"),
        RoleBindingDescriber("rolebindings.rbac.authorization.k8s.io"),
        RoleBindingDescriber("clusterrolebindings.rbac.authorization.k8s.io"),
        SecretDescriber(),
        ServiceAccountDescriber(),
        ServiceDescriber(),
    ]
