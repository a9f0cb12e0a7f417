"""kctl: the Kubernetes API and kubectl's habits on plain Docker hosts."""

__version__ = "0.1.0"
