"""The hosts and the control plane of the tests in this folder."""

from tests.integration.hosts.fixtures import bed, images, kctl

__all__ = ["bed", "images", "kctl"]
