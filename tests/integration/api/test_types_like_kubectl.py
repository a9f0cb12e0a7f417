"""What a wrong type is called: kubectl decodes a Deployment with the API server's decoder."""

from __future__ import annotations

import pytest

from kctl.api.errors import ApiError
from kctl.api.kinds.apps.deployment import KIND
from kctl.api.manifests import load
from kctl.api.schema.decode import decode
from tests.integration.api.kubectl import kubectl

HEAD = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: x}\nspec: "
WRONG = {
    "a string for a number": "{replicas: '3'}",
    "a number for a string": "{template: {spec: {containers: [{name: web, image: 5}]}}}",
    "a map for a list": "{template: {spec: {containers: {name: web}}}}",
    "a number in labels": "{template: {metadata: {labels: {a: 1}}}}",
    "a string for a struct": "{template: x}",
    "a string in a list of structs": "{template: {spec: {containers: [abc]}}}",
    "a fraction": "{template: {spec: {containers: [{ports: [{containerPort: 1.5}]}]}}}",
    "too large": "{replicas: 99999999999}",
    "a bool for int-or-string": "{strategy: {rollingUpdate: {maxSurge: true}}}",
    "no quantity": "{template: {spec: {containers: [{resources: {limits: {cpu: abc}}}]}}}",
    "a list for a quantity": "{template: {spec: {containers: [{resources: {limits: {cpu: []}}}]}}}",
    "a string for a bool": "{paused: 'yes'}",
    "a list for a struct": "{selector: [1]}",
    "a string for a map": "{selector: {matchLabels: x}}",
    "the first by name counts": "{replicas: x, paused: 1, minReadySeconds: z}",
    "no time": "{template: {metadata: {creationTimestamp: abc}}}",
    "half a time": "{template: {metadata: {creationTimestamp: '2020-01-01'}}}",
    "a month too many": "{template: {metadata: {creationTimestamp: '2020-13-01T00:00:00Z'}}}",
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_types_are_told_in_gos_words(name):
    text = HEAD + WRONG[name]
    run = kubectl("set", "image", "--local", "-f", "-", "web=x", "-o", "yaml", text=text)
    with pytest.raises(ApiError) as caught:
        decode(KIND, load(text, "STDIN")[0].obj)
    _, _, why = caught.value.message.partition("cannot be handled as a Deployment: ")
    assert run.stderr.strip() == f'error: unable to decode "STDIN": {why}'
