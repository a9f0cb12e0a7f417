"""The built-in admission steps, registered as a third party would register its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kctl.plugins.hookspecs import hookimpl

if TYPE_CHECKING:
    from kctl.api.kind import Admission


@hookimpl
def kctl_admission() -> list[Admission]:
    from kctl.api.admission.customresourcedefinition import CustomResourceNames
    from kctl.api.admission.default_ingress_class import DefaultIngressClass
    from kctl.api.admission.default_tolerations import DefaultTolerations
    from kctl.api.admission.limit_ranger import LimitRanger
    from kctl.api.admission.namespace_exists import NamespaceExists
    from kctl.api.admission.pod_priority import PodPriority
    from kctl.api.admission.rbac_bindings import BindingEscalation
    from kctl.api.admission.rbac_roles import RoleEscalation
    from kctl.api.admission.resource_quota import ResourceQuota
    from kctl.api.admission.service_account import ServiceAccount
    from kctl.api.admission.service_addresses import ServiceAddresses
    from kctl.api.admission.unsupported import Unsupported

    return [
        CustomResourceNames(),
        DefaultIngressClass(),
        DefaultTolerations(),
        LimitRanger(),
        NamespaceExists(),
        PodPriority(),
        BindingEscalation(),
        RoleEscalation(),
        ResourceQuota(),
        ServiceAccount(),
        ServiceAddresses(),
        Unsupported(),
    ]
