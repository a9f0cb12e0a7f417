"""Parameters of requests: those of the path and of each verb's query."""

from __future__ import annotations

from typing import Any

Parameter = dict[str, Any]

_QUERY: dict[str, tuple[str, str]] = {
    "allowWatchBookmarks": ("boolean", "Whether a watch may send BOOKMARK events."),
    "command": ("string", "What to run, one occurrence a word."),
    "container": ("string", "The container of the pod; needed where there are several."),
    "continue": ("string", "The token of the page to go on with, from the last page."),
    "dryRun": ("string", "With the value All the request is checked and nothing is stored."),
    "fieldManager": ("string", "Who makes the change, for metadata.managedFields."),
    "fieldSelector": ("string", "Only objects whose fields match."),
    "fieldValidation": (
        "string",
        "What becomes of unknown and duplicate fields: Ignore, Warn or Strict.",
    ),
    "follow": ("boolean", "Whether to go on with what is logged from now on."),
    "force": ("boolean", "Whether an apply takes fields over from other managers."),
    "gracePeriodSeconds": ("integer", "Seconds until the object goes; 0 at once."),
    "labelSelector": ("string", "Only objects whose labels match."),
    "limit": ("integer", "How many objects a page holds at most."),
    "limitBytes": ("integer", "How many bytes to answer at most."),
    "ports": ("integer", "The ports to forward to."),
    "path": ("string", "The path that the proxied request goes to."),
    "pretty": ("string", "With the value true the answer is indented."),
    "previous": ("boolean", "Whether to read the log of the container that ran before."),
    "propagationPolicy": (
        "string",
        "What becomes of dependents: Orphan, Background or Foreground.",
    ),
    "resourceVersion": ("string", "The revision that the answer is about."),
    "resourceVersionMatch": ("string", "How resourceVersion is meant: Exact or NotOlderThan."),
    "sendInitialEvents": ("boolean", "Whether a watch starts with what is there."),
    "sinceSeconds": ("integer", "Only what was logged in the last seconds."),
    "sinceTime": ("string", "Only what was logged from this time on."),
    "stderr": ("boolean", "Whether to send standard error."),
    "stdin": ("boolean", "Whether to take standard input."),
    "stdout": ("boolean", "Whether to send standard output."),
    "tailLines": ("integer", "How many lines from the end to start with."),
    "timeoutSeconds": ("integer", "How long a list or watch may take."),
    "timestamps": ("boolean", "Whether each line starts with its time."),
    "tty": ("boolean", "Whether the process has a terminal."),
    "watch": ("boolean", "Whether to stream the changes rather than to list."),
}
_WRITE = ("pretty", "dryRun", "fieldManager", "fieldValidation")
_LIST = (
    "pretty",
    "allowWatchBookmarks",
    "continue",
    "fieldSelector",
    "labelSelector",
    "limit",
    "resourceVersion",
    "resourceVersionMatch",
    "sendInitialEvents",
    "timeoutSeconds",
    "watch",
)
_DELETE = ("pretty", "dryRun", "gracePeriodSeconds", "propagationPolicy")
_STREAMS = ("container", "stderr", "stdin", "stdout", "tty")
OF_VERB = {
    "get": ("pretty",),
    "list": _LIST,
    "post": _WRITE,
    "put": _WRITE,
    "patch": (*_WRITE, "force"),
    "delete": _DELETE,
    "deletecollection": (*_DELETE, *_LIST[2:10]),
}
OF_SUBRESOURCE: dict[str, tuple[str, ...]] = {
    "attach": _STREAMS,
    "exec": ("command", *_STREAMS),
    "log": (
        "container",
        "follow",
        "limitBytes",
        "pretty",
        "previous",
        "sinceSeconds",
        "sinceTime",
        "tailLines",
        "timestamps",
    ),
    "portforward": ("ports",),
    "proxy": ("path",),
}
_IN_PATH = {
    "name": "The name of the object.",
    "namespace": "The namespace of the objects.",
    "path": "The path that the proxied request goes to.",
}


def query(names: tuple[str, ...], *, v3: bool) -> list[Parameter]:
    return [_parameter(name, "query", *_QUERY[name], v3=v3) for name in sorted(names)]


def in_path(names: tuple[str, ...], *, v3: bool) -> list[Parameter]:
    return [
        {**_parameter(name, "path", "string", _IN_PATH[name], v3=v3), "required": True}
        for name in names
    ]


def _parameter(name: str, where: str, type_: str, text: str, *, v3: bool) -> Parameter:
    shape: Parameter = {"schema": {"type": type_}} if v3 else {"type": type_, "uniqueItems": True}
    return {"name": name, "in": where, "description": text, **shape}
