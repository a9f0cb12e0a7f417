"""Kinds that kctl keeps and does not act on: whoever makes one is told so."""

from __future__ import annotations

UNSERVED = {
    "ingresses.networking.k8s.io": "kctl carries no traffic for ingresses: nothing listens for "
    "its hosts and paths unless a controller of your own does (a service of type LoadBalancer "
    "or NodePort is reachable from outside)",
    "networkpolicies.networking.k8s.io": "kctl does not enforce network policies: pods reach each "
    "other as if there were none",
}
"""Resource -> the sentence of a create."""
