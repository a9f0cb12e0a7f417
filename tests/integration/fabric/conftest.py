"""The hosts and the control plane of the tests in this folder."""

from tests.integration.hosts.fixtures import images

__all__ = ["images"]
