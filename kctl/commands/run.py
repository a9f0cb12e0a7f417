"""kctl run: one pod from an image."""

from __future__ import annotations

from kctl.commands.command import Command, Option, UsageError
from kctl.commands.options import dry_run, field_manager, manager_of, output

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from kctl.commands.context import Context
    from kctl.commands.parse import Args

DETACH = "ctrl-p,ctrl-q"
_RESTART = ("Always", "OnFailure", "Never")
_PULL = ("Always", "IfNotPresent", "Never")


def run(ctx: Context, args: Args) -> int:
    from kctl.commands.output import Result
    from kctl.commands.output import dry_run as dry_run_of
    from kctl.commands.overrides import overridden

    dry = dry_run_of(ctx, args)
    name = check(args, dry)
    pod = overridden(ctx, build(ctx, args, name), args)
    result = Result(ctx, args, typed=dry == "client", dry=dry)
    made = []
    for obj in (*([_service(ctx, args, pod)] if args["expose"] else ()), pod):
        if dry != "client":
            obj = ctx.plane.api.create(
                obj,
                namespace=ctx.namespace,
                dry_run=dry == "server",
                manager=manager_of(args),
            )
        made.append(obj)
        if not _attached(args) or obj["kind"] != "Pod":
            result.show(obj, "created")
    if _attached(args):
        from kctl.commands.run_attached import attached

        return attached(ctx, args, made)
    if dry == "none":
        ctx.out.flush()
        ctx.settle()
    return 0


def _attached(args: Args) -> bool:
    """--attach; -i alone means it too, unless it was denied."""
    return bool(args["attach"] or (args["stdin"] and not args.given("attach")))


def check(args: Args, dry: str) -> str:
    """The name; refuses what does not go together, in kubectl's order."""
    from kctl.commands.image_names import check_image

    if not args.positional:
        raise UsageError("NAME is required for run")
    attached = _attached(args) or args["stdin"] or args["tty"]
    if not args["image"]:
        raise UsageError("--image is required")
    check_image(args["image"])
    if args["tty"] and not args["stdin"]:
        raise UsageError("-i/--stdin is required for containers with -t/--tty=true")
    if args["expose"] and not args["port"]:
        raise UsageError("--port must be set when exposing a service")
    if dry != "none" and attached:
        raise UsageError(
            "--dry-run=[server|client] can't be used with attached containers options "
            "(--attach, --stdin, or --tty)"
        )
    if args["rm"] and not _attached(args):
        raise UsageError("--rm should only be used for attached containers")
    if args["image-pull-policy"] and args["image-pull-policy"] not in _PULL:
        raise UsageError(
            f"invalid image pull policy: {args['image-pull-policy']}, valid values are: "
            f"{', '.join(_PULL)}"
        )
    if args["restart"] not in _RESTART:
        raise UsageError(
            f"invalid restart policy: {args['restart']}, valid values are: {', '.join(_RESTART)}"
        )
    return str(args.positional[0])


def build(ctx: Context, args: Args, name: str) -> dict[str, Any]:
    """The Pod, its keys in the order of Kubernetes' types."""
    words = [*args.positional[1:], *args.after_dash]
    meta: dict[str, Any] = {"name": name}
    if ctx.namespace_given:
        meta["namespace"] = ctx.namespace
    meta["labels"] = labels(args["labels"]) if args["labels"] else {"run": name}
    if args["annotations"]:
        meta["annotations"] = dict(_annotation(each) for each in args["annotations"])
    container: dict[str, Any] = {"name": name, "image": args["image"]}
    if words:
        container["command" if args["command"] else "args"] = words
    if args["port"]:
        container["ports"] = [{"containerPort": _port(args["port"])}]
    if args["env"]:
        container["env"] = [_env(each) for each in args["env"]]
    container["resources"] = {}
    if args["stdin"]:
        container |= {"stdin": True}
        if not args["leave-stdin-open"]:
            container["stdinOnce"] = True
    if args["tty"]:
        container["tty"] = True
    if args["image-pull-policy"]:
        container["imagePullPolicy"] = args["image-pull-policy"]
    if args["privileged"]:
        container["securityContext"] = {"privileged": True}
    spec = {
        "containers": [container],
        "restartPolicy": args["restart"],
        "dnsPolicy": "ClusterFirst",
    }
    return {"kind": "Pod", "apiVersion": "v1", "metadata": meta, "spec": spec, "status": {}}


def labels(text: str) -> dict[str, str]:
    """ "a=b,c=d". Raises UsageError."""
    found = {}
    for each in text.split(","):
        key, equals, value = each.partition("=")
        if not equals or not key or "=" in value:
            raise UsageError(f"unexpected label spec: {each}")
        found[key] = value
    return dict(sorted(found.items()))


def _annotation(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals or not key:
        raise UsageError(f"invalid annotation format: {text}")
    return key, value


def _env(text: str) -> dict[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise UsageError(f"invalid env: {text}")
    return {"name": name, "value": value} if value else {"name": name}


def _port(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise UsageError(f'strconv.Atoi: parsing "{text}": invalid syntax') from None


def _service(ctx: Context, args: Args, pod: dict[str, Any]) -> dict[str, Any]:
    """The ClusterIP service of --expose."""
    meta = {"name": pod["metadata"]["name"]}
    if ctx.namespace_given:
        meta["namespace"] = ctx.namespace
    port = _port(args["port"])
    return {
        "kind": "Service",
        "apiVersion": "v1",
        "metadata": meta,
        "spec": {
            "ports": [{"protocol": "TCP", "port": port, "targetPort": port}],
            "selector": dict(pod["metadata"]["labels"]),
        },
        "status": {"loadBalancer": {}},
    }


COMMAND = Command(
    name="run",
    summary="Create and run a particular image in a pod.",
    usage='run NAME --image=image [--env="key=value"] [--port=port] [--dry-run=server|client] '
    "[--overrides=inline-json] [--command] -- [COMMAND] [args...]",
    examples="""
# Start a nginx pod
kctl run nginx --image=nginx

# Start a hazelcast pod and let the container expose port 5701
kctl run hazelcast --image=hazelcast/hazelcast --port=5701

# Start the nginx pod using a different command and custom arguments
kctl run nginx --image=nginx --command -- <cmd> <arg1> ... <argN>

# A shell on a terminal, in a pod that is removed afterwards
kctl run tmp --rm -it --image=busybox --restart=Never -- sh
""",
    arguments=("NAME",),
    dash=True,
    options=(
        *output(),
        dry_run(),
        field_manager("kubectl-run"),
        Option("annotations", "array", help="Annotations to apply to the pod."),
        Option("attach", "bool", help="Wait for the pod to start, then attach to it."),
        Option("command", "bool", help="Use what follows -- as the command, not as arguments."),
        Option("detach-keys", default=DETACH, help="Keys that leave the container running."),
        Option("env", "array", help="Environment variables to set in the container."),
        Option("expose", "bool", help="Create a ClusterIP service associated with the pod."),
        Option("image", help="The image for the container to run.", required=True),
        Option("image-pull-policy", help="The image pull policy for the container."),
        Option("labels", short="l", help="Comma separated labels to apply to the pod."),
        Option("cascade", default="background", bare="background", help="Used with --rm."),
        Option("force", "bool", help="Delete at once, without grace; with --rm."),
        Option("grace-period", "int", -1, "Seconds given to the pod to end; with --rm."),
        Option("leave-stdin-open", "bool", help="Keep stdin open after the first attach."),
        Option("override-type", default="merge", help="json, merge, or strategic."),
        Option("overrides", help="An inline JSON override for the generated object."),
        Option(
            "pod-running-timeout",
            "duration",
            60.0,
            "How long to wait until the pod is running; with --attach.",
            shown="1m0s",
        ),
        Option("port", help="The port that this container exposes."),
        Option("privileged", "bool", help="Run the container in privileged mode."),
        Option("quiet", "bool", short="q", help="Suppress prompt messages."),
        Option("restart", default="Always", help="Always, OnFailure, or Never."),
        Option("rm", "bool", help="Delete the pod after it exits; only for attached containers."),
        Option("stdin", "bool", short="i", help="Keep stdin open on the container."),
        Option("timeout", "duration", 0.0, "How long to wait for the delete; with --rm."),
        Option("tty", "bool", short="t", help="Allocate a TTY for the container."),
        Option("wait", "bool", help="Wait until the pod is gone; with --rm."),
    ),
    run=run,
)
