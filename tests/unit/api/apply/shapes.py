"""Configurations of a Deployment, made at random but valid, for properties of apply."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

Object = dict[str, Any]

WORDS = st.sampled_from(["a", "b", "c", "d"])
STRINGS = st.dictionaries(WORDS, WORDS, max_size=3)
ENV = st.fixed_dictionaries({"name": WORDS}, optional={"value": WORDS})
PORT = st.fixed_dictionaries(
    {"containerPort": st.sampled_from([80, 443])},
    optional={"protocol": st.sampled_from(["TCP", "UDP"]), "hostIP": WORDS},
)


def _unique(items: st.SearchStrategy[Object], *keys: str) -> st.SearchStrategy[list[Object]]:
    def name(item: Object) -> tuple[Any, ...]:
        return tuple(item.get(key, "TCP" if key == "protocol" else None) for key in keys)

    return st.lists(items, max_size=3, unique_by=name)


CONTAINER = st.fixed_dictionaries(
    {"name": WORDS},
    optional={
        "image": WORDS,
        "args": st.lists(WORDS, max_size=3),
        "env": _unique(ENV, "name"),
        "ports": _unique(PORT, "containerPort", "protocol"),
        "resources": st.fixed_dictionaries(
            {}, optional={"limits": st.dictionaries(WORDS, st.sampled_from(["1", "2"]), max_size=2)}
        ),
    },
)
SPEC = st.fixed_dictionaries(
    {},
    optional={
        "replicas": st.integers(0, 5),
        "paused": st.booleans(),
        "selector": st.fixed_dictionaries({"matchLabels": STRINGS}),
        "strategy": st.fixed_dictionaries({}, optional={"type": WORDS}),
        "template": st.fixed_dictionaries(
            {},
            optional={
                "metadata": st.fixed_dictionaries({}, optional={"labels": STRINGS}),
                "spec": st.fixed_dictionaries(
                    {},
                    optional={
                        "containers": _unique(CONTAINER, "name"),
                        "nodeSelector": STRINGS,
                        "hostNetwork": st.booleans(),
                    },
                ),
            },
        ),
    },
)
METADATA = st.fixed_dictionaries(
    {"name": st.just("web")},
    optional={
        "labels": STRINGS,
        "annotations": STRINGS,
        "finalizers": st.lists(WORDS, max_size=3, unique=True),
    },
)
CONFIGS = st.fixed_dictionaries(
    {"apiVersion": st.just("apps/v1"), "kind": st.just("Deployment"), "metadata": METADATA},
    optional={"spec": SPEC},
)
