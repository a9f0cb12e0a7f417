"""The pod controller: the kubelet's work, one file for each part of it."""

from kctl.controllers.pod.controller import PodController

__all__ = ["PodController"]
