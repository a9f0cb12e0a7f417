"""The built-in controllers, registered as a third party's would be.

The order is the order in which a compute asks them: nodes before what is placed on them,
owners before what they own, and the network after the pods that it leads to.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from kctl.plugins.hookspecs import hookimpl

if TYPE_CHECKING:
    from kctl.controllers.types import Controller
    from kctl.network.types import LoadBalancer
    from kctl.scheduler.types import Scheduler


@hookimpl
def kctl_controllers(
    schedulers: Sequence[Scheduler], load_balancers: Sequence[LoadBalancer]
) -> list[Controller]:
    """Every control loop of kctl itself."""
    from kctl.controllers.loadbalancer import LoadBalancerController
    from kctl.controllers.pod import PodController
    from kctl.controllers.pod_network_ways import PodNetworkController

    return [
        *object_controllers(schedulers),
        PodController(),
        *endpoint_controllers(),
        PodNetworkController(),
        LoadBalancerController(load_balancers),
    ]


def object_controllers(schedulers: Sequence[Scheduler]) -> list[Controller]:
    """Those that make objects of objects, up to the pod on its node."""
    from kctl.controllers.clusterroleaggregation import ClusterRoleAggregationController
    from kctl.controllers.cronjob import CronJobController
    from kctl.controllers.customresourcedefinition import CustomResourceDefinitionController
    from kctl.controllers.daemonset import DaemonSetController
    from kctl.controllers.deployment import DeploymentController
    from kctl.controllers.disruption import DisruptionController
    from kctl.controllers.events import EventTtlController
    from kctl.controllers.garbage import GarbageCollector
    from kctl.controllers.horizontalpodautoscaler import HorizontalPodAutoscalerController
    from kctl.controllers.job import JobController
    from kctl.controllers.namespace import NamespaceController
    from kctl.controllers.namespace_root_ca import RootCertificatePublisher
    from kctl.controllers.namespace_serviceaccount import ServiceAccountController
    from kctl.controllers.node import NodeController
    from kctl.controllers.node_leaving import NodeLeavingController
    from kctl.controllers.node_registration import NodeRegistrationController
    from kctl.controllers.nodelifecycle import NodeLifecycleController
    from kctl.controllers.nodelifecycle_orphans import PodGarbageCollector
    from kctl.controllers.replicaset import ReplicaSetController
    from kctl.controllers.resourcequota import ResourceQuotaController
    from kctl.controllers.scheduling import SchedulingController
    from kctl.controllers.ttlafterfinished import TtlAfterFinishedController

    return [
        NamespaceController(),
        ServiceAccountController(),
        RootCertificatePublisher(),
        CustomResourceDefinitionController(),
        ClusterRoleAggregationController(),
        EventTtlController(),
        NodeRegistrationController(),
        NodeController(),
        NodeLeavingController(),
        NodeLifecycleController(),
        PodGarbageCollector(),
        GarbageCollector(),
        HorizontalPodAutoscalerController(),
        DeploymentController(),
        ReplicaSetController(),
        DaemonSetController(),
        CronJobController(),
        JobController(),
        TtlAfterFinishedController(),
        ResourceQuotaController(),
        SchedulingController(schedulers),
        DisruptionController(),
    ]


def endpoint_controllers() -> list[Controller]:
    """Those that say which pods stand behind a service."""
    from kctl.controllers.endpoints import EndpointsController
    from kctl.controllers.endpointslice import EndpointSliceController
    from kctl.controllers.endpointslice_mirroring import EndpointSliceMirroringController
    from kctl.controllers.service_loadbalancer import ServiceLoadBalancerController

    return [
        EndpointsController(),
        EndpointSliceController(),
        EndpointSliceMirroringController(),
        ServiceLoadBalancerController(),
    ]
