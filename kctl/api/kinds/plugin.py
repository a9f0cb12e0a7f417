"""The built-in kinds, registered as a third party would register its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kctl.plugins.hookspecs import hookimpl

if TYPE_CHECKING:
    from kctl.api.kind import Kind


@hookimpl
def kctl_kinds() -> list[Kind]:
    """In the order in which a category ("all") lists them."""
    from kctl.api.kinds.admissionregistration import (
        mutatingwebhookconfiguration,
        validatingadmissionpolicy,
        validatingadmissionpolicybinding,
        validatingwebhookconfiguration,
    )
    from kctl.api.kinds.apiextensions import customresourcedefinition
    from kctl.api.kinds.apps import controllerrevision, daemonset, deployment, replicaset
    from kctl.api.kinds.autoscaling import horizontalpodautoscaler
    from kctl.api.kinds.autoscaling import v1 as autoscaling_v1
    from kctl.api.kinds.batch import cronjob, job
    from kctl.api.kinds.coordination import lease
    from kctl.api.kinds.core import (
        configmap,
        endpoints,
        event,
        limitrange,
        namespace,
        node,
        pod,
        resourcequota,
        secret,
        service,
        serviceaccount,
    )
    from kctl.api.kinds.discovery import endpointslice
    from kctl.api.kinds.networking import ingress, ingressclass, networkpolicy
    from kctl.api.kinds.policy import poddisruptionbudget
    from kctl.api.kinds.rbac import clusterrole, clusterrolebinding, role, rolebinding
    from kctl.api.kinds.scheduling import priorityclass

    return [
        namespace.KIND,
        node.KIND,
        pod.KIND,
        service.KIND,
        daemonset.KIND,
        deployment.KIND,
        replicaset.KIND,
        horizontalpodautoscaler.KIND,
        cronjob.KIND,
        job.KIND,
        autoscaling_v1.KIND,
        endpoints.KIND,
        endpointslice.KIND,
        ingress.KIND,
        ingressclass.KIND,
        networkpolicy.KIND,
        event.KIND,
        configmap.KIND,
        secret.KIND,
        serviceaccount.KIND,
        resourcequota.KIND,
        limitrange.KIND,
        lease.KIND,
        poddisruptionbudget.KIND,
        priorityclass.KIND,
        controllerrevision.KIND,
        clusterrolebinding.KIND,
        clusterrole.KIND,
        rolebinding.KIND,
        role.KIND,
        customresourcedefinition.KIND,
        mutatingwebhookconfiguration.KIND,
        validatingwebhookconfiguration.KIND,
        validatingadmissionpolicy.KIND,
        validatingadmissionpolicybinding.KIND,
    ]
