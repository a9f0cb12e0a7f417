"""Every built-in verb, one line each: its name, its module, what help says of it.

A verb's module is imported when the verb is run, never before.
"""

from __future__ import annotations

from kctl.commands.command import CommandRef

BEGINNER = "Basic Commands (Beginner)"
INTERMEDIATE = "Basic Commands (Intermediate)"
DEPLOY = "Deploy Commands"
CLUSTER = "Cluster Management Commands"
TROUBLE = "Troubleshooting and Debugging Commands"
ADVANCED = "Advanced Commands"
SETTINGS = "Settings Commands"
OTHER = "Other Commands"

_AT = "kctl.commands."

BUILTIN: tuple[CommandRef, ...] = (
    CommandRef("create", _AT + "create", "Create a resource from a file or from stdin", BEGINNER),
    CommandRef(
        "expose",
        _AT + "expose",
        "Take a replication controller, service, deployment or pod and expose it as a new "
        "Kubernetes service",
        BEGINNER,
    ),
    CommandRef("run", _AT + "run", "Run a particular image on the cluster", BEGINNER),
    CommandRef("set", _AT + "set_", "Set specific features on objects", BEGINNER),
    CommandRef("explain", _AT + "explain", "Get documentation for a resource", INTERMEDIATE),
    CommandRef("get", _AT + "get", "Display one or many resources", INTERMEDIATE),
    CommandRef("edit", _AT + "edit", "Edit a resource on the server", INTERMEDIATE),
    CommandRef(
        "delete",
        _AT + "delete",
        "Delete resources by file names, stdin, resources and names, or by resources and "
        "label selector",
        INTERMEDIATE,
    ),
    CommandRef("rollout", _AT + "rollout", "Manage the rollout of a resource", DEPLOY),
    CommandRef(
        "scale",
        _AT + "scale",
        "Set a new size for a deployment, replica set, or replication controller",
        DEPLOY,
    ),
    CommandRef(
        "autoscale",
        _AT + "autoscale",
        "Auto-scale a deployment, replica set, stateful set, or replication controller",
        DEPLOY,
    ),
    CommandRef(
        "docker-env",
        _AT + "docker_env",
        "Print the variables that point a Docker client at a node",
        CLUSTER,
    ),
    CommandRef("join", _AT + "join", "Make a node of a machine that runs Docker", CLUSTER),
    CommandRef("serve", _AT + "serve", "Serve the Kubernetes API", CLUSTER),
    CommandRef("top", _AT + "top", "Display resource (CPU/memory) usage", CLUSTER),
    CommandRef("cordon", _AT + "cordon", "Mark node as unschedulable", CLUSTER),
    CommandRef("uncordon", _AT + "uncordon", "Mark node as schedulable", CLUSTER),
    CommandRef("image", _AT + "image", "Manage the images of the nodes", CLUSTER),
    CommandRef("drain", _AT + "drain", "Drain node in preparation for maintenance", CLUSTER),
    CommandRef(
        "describe",
        _AT + "describe",
        "Show details of a specific resource or group of resources",
        TROUBLE,
    ),
    CommandRef("logs", _AT + "logs", "Print the logs for a container in a pod", TROUBLE),
    CommandRef("attach", _AT + "attach", "Attach to a running container", TROUBLE),
    CommandRef(
        "port-forward", _AT + "port_forward", "Forward one or more local ports to a pod", TROUBLE
    ),
    CommandRef("exec", _AT + "exec", "Execute a command in a container", TROUBLE),
    CommandRef("auth", _AT + "auth", "Inspect authorization", TROUBLE),
    CommandRef(
        "apply",
        _AT + "apply",
        "Apply a configuration to a resource by file name or stdin",
        ADVANCED,
    ),
    CommandRef("patch", _AT + "patch", "Update fields of a resource", ADVANCED),
    CommandRef("replace", _AT + "replace", "Replace a resource by file name or stdin", ADVANCED),
    CommandRef(
        "wait", _AT + "wait", "Wait for a specific condition on one or many resources", ADVANCED
    ),
    CommandRef("label", _AT + "label", "Update the labels on a resource", SETTINGS),
    CommandRef("annotate", _AT + "annotate", "Update the annotations on a resource", SETTINGS),
    CommandRef(
        "completion",
        _AT + "completion",
        "Output shell completion code for the specified shell (bash, zsh, fish, or powershell)",
        SETTINGS,
    ),
    CommandRef(
        "api-resources",
        _AT + "api_resources",
        "Print the supported API resources on the server",
        OTHER,
    ),
    CommandRef("config", _AT + "config", "Modify kubeconfig files", OTHER),
    CommandRef("audit", _AT + "audit", "Show who changed what", TROUBLE),
    CommandRef("plugin", _AT + "plugin_", "Provides utilities for interacting with plugins", OTHER),
    CommandRef(
        "reconcile", _AT + "reconcile", "Bring the hosts into line with what is wanted", OTHER
    ),
    CommandRef(
        "reset", _AT + "reset", "Remove everything that this control plane made, and itself", OTHER
    ),
    CommandRef("service", _AT + "service", "Show the addresses of a service", OTHER),
    CommandRef(
        "settings",
        _AT + "settings",
        "Show or change the settings of this control plane",
        OTHER,
    ),
    CommandRef(
        "version", _AT + "version", "Print the client and server version information", OTHER
    ),
    CommandRef(
        "options",
        _AT + "options_command",
        "Print the list of flags inherited by all commands",
        OTHER,
        hidden=True,
    ),
)


def find(refs: tuple[CommandRef, ...], word: str) -> CommandRef | None:
    """The command called `word`, by its name or an alias."""
    for ref in refs:
        if ref.name == word or word in ref.aliases:
            return ref
    return None
