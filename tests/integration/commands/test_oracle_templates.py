"""Templates print, and fail, as the real kubectl's do."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.commands.oracle import both

CONTAINERS = ".spec.template.spec.containers"

JSONPATHS = (
    (Path(__file__).parent / "jsonpaths.txt").read_text().replace("CONTAINERS", CONTAINERS)
).splitlines()

DEPLOYMENT = [
    *("create", "deployment", "x", "--image=a", "--image=b:1", "--image=c:2"),
    *("--replicas=3", "--port=80"),
]


@pytest.mark.parametrize("template", JSONPATHS)
def test_jsonpath(folder: Path, template: str) -> None:
    line = [*DEPLOYMENT, "--dry-run=client", "-o", f"jsonpath={template}"]
    ours, theirs = both(line, folder)
    assert ours == theirs


OUTPUTS = [
    "jsonpath",
    "jsonpath=",
    "jsonpath=plain",
    "jsonpath-as-json={.metadata}",
    "jsonpath-as-json",
    "jsonpath-file",
    "jsonpath-file=nope",
    "jsonpath-file=f.txt",
    "wide",
    "foo",
    "yaml=x",
    "JSON",
    "custom-columns=A:.kind",
    "go-template",
    "go-template-file=nope",
]


@pytest.mark.parametrize("output", OUTPUTS)
def test_output_words(folder: Path, output: str) -> None:
    ours, theirs = both([*DEPLOYMENT, "--dry-run=client", "-o", output], folder)
    assert ours == theirs


def test_a_missing_key_is_an_error_where_asked(folder: Path) -> None:
    line = [*DEPLOYMENT, "--dry-run=client", "--allow-missing-template-keys=false"]
    ours, theirs = both([*line, "-o", "jsonpath={.nope}"], folder)
    assert ours == theirs


def test_template_flag_gives_the_template(folder: Path) -> None:
    line = [*DEPLOYMENT, "--dry-run=client", "-o", "jsonpath", "--template={.kind}"]
    ours, theirs = both(line, folder)
    assert ours == theirs


GO_TEMPLATES = [
    "{{.kind}}",
    "{{.metadata.name}} {{.nope}}",
    "{{.nope.x}}",
    '{{range .spec.template.spec.containers}}{{.name}}={{.image}}{{"\\n"}}{{end}}',
    "{{range $i, $c := .spec.template.spec.containers}}{{$i}}:{{$c.name}} {{end}}",
    "{{range $k, $v := .metadata.labels}}{{$k}}={{$v}}{{end}}",
    "{{range .nope}}x{{else}}none{{end}}",
    '{{if eq .kind "Deployment"}}yes{{else}}no{{end}}',
    "{{if and .kind .nope}}a{{else if .kind}}b{{end}}",
    "{{if or .nope .kind}}a{{end}}{{if not .nope}}b{{end}}",
    "{{with .metadata}}{{.name}}{{$.kind}}{{end}}",
    "{{len .spec.template.spec.containers}}{{.kind | len}}",
    '{{index .metadata.labels "app"}}',
    "{{(index .spec.template.spec.containers 0).name}}",
    '{{printf "%s-%v-%5d|%-5s|" .kind .spec.replicas .spec.replicas "x"}}',
    "{{.spec.replicas}} {{.spec}}",
    "{{gt .spec.replicas 2}} {{lt .spec.replicas 2}} {{le .spec.replicas 3}}",
    "a {{- .kind -}} z",
    "{{/* c */}}q",
    "{{$x := .kind}}{{$x}}",
    '{{"YWJj" | base64decode}}',
    '{{exists . "kind"}}{{exists . "nope"}}',
    '{{print 1 2 "a" 3}}',
    "{{println .kind}}",
    "{{ .x",
    "{{end}}",
    "{{if}}",
    "{{if .kind}}",
    "{{foo}}",
    '{{"a',
]


@pytest.mark.parametrize("template", GO_TEMPLATES)
def test_go_templates(folder: Path, template: str) -> None:
    line = [*DEPLOYMENT, "--dry-run=client", "-o", f"go-template={template}"]
    ours, theirs = both(line, folder)
    assert ours == theirs
