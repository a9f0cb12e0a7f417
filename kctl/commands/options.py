"""Flags that several verbs share, and those that every verb takes."""

from __future__ import annotations

from kctl.commands.command import Option

TYPE_CHECKING = False
if TYPE_CHECKING:
    from kctl.commands.parse import Args

GLOBAL = (
    Option("as", help="Username to impersonate for the operation."),
    Option("as-group", "array", help="Group to impersonate for the operation."),
    Option("as-uid", help="UID to impersonate for the operation."),
    Option("as-user-extra", "array", help="User extras to impersonate for the operation."),
    Option("cache-dir", help="Default cache directory"),
    Option("certificate-authority", help="Path to a cert file for the certificate authority"),
    Option("client-certificate", help="Path to a client certificate file for TLS"),
    Option("client-key", help="Path to a client key file for TLS"),
    Option("cluster", help="The name of the kubeconfig cluster to use"),
    Option("context", help="The name of the kubeconfig context to use"),
    Option("debug", "bool", help="Show the traceback of an unexpected error"),
    Option("disable-compression", "bool", help="Has no effect: nothing is compressed"),
    Option("insecure-skip-tls-verify", "bool", help="Do not verify the server's certificate"),
    Option("kubeconfig", help="Path to the kubeconfig file to use for CLI requests."),
    Option("kuberc", help="Path to the kuberc file to use for preferences."),
    Option("log-flush-frequency", "duration", 5.0, "Seconds between log flushes", shown="5s"),
    Option("match-server-version", "bool", help="Require server version to match client version"),
    Option(
        "namespace",
        short="n",
        help="If present, the namespace scope for this CLI request",
    ),
    Option("password", help="Password for basic authentication to the API server"),
    Option("profile", default="none", help="Name of profile to capture."),
    Option("profile-output", default="profile.pprof", help="Name of the file for the profile"),
    Option(
        "request-timeout",
        default="0",
        help="The length of time to wait before giving up on a single request. "
        "A value of zero means don't timeout requests.",
    ),
    Option("server", short="s", help="The control plane to use, as sqlite:///path"),
    Option("tls-server-name", help="Server name to use for server certificate validation."),
    Option("token", help="Bearer token for authentication to the API server"),
    Option("user", help="The name of the kubeconfig user to use"),
    Option("username", help="Username for basic authentication to the API server"),
    Option("v", "int", 0, "number for the log level verbosity", short="v"),
    Option("vmodule", "array", help="pattern=N settings for file-filtered logging"),
    Option("warnings-as-errors", "bool", help="Treat warnings as errors and exit with 1"),
)

WITHOUT_EFFECT = frozenset(
    (
        "as",
        "as-group",
        "as-uid",
        "as-user-extra",
        "certificate-authority",
        "client-certificate",
        "client-key",
        "insecure-skip-tls-verify",
        "kuberc",
        "match-server-version",
        "password",
        "profile",
        "tls-server-name",
        "token",
        "user",
        "username",
        "vmodule",
    )
)
"""Global flags that a control plane in a file cannot honour: said in a warning."""


IMPERSONATION = frozenset(("as", "as-group", "as-uid", "as-user-extra"))
"""Those of them that `kctl auth` honours: whom the question is about."""


def filename(what: str) -> tuple[Option, ...]:
    """-f, -k and -R. `what` ends the help of -f: "to use to create the resource"."""
    return (
        Option("filename", "slice", short="f", help=f"Filename, directory, or URL to files {what}"),
        Option("kustomize", short="k", help="Process the kustomization directory."),
        Option(
            "recursive",
            "bool",
            short="R",
            help="Process the directory used in -f, --filename recursively.",
        ),
    )


def output(default: str = "") -> tuple[Option, ...]:
    """-o with everything that the printers of one object take."""
    return (
        Option(
            "output",
            short="o",
            default=default,
            help="Output format. One of: (json, yaml, kyaml, name, go-template, "
            "go-template-file, template, templatefile, jsonpath, jsonpath-as-json, "
            "jsonpath-file).",
        ),
        Option(
            "allow-missing-template-keys",
            "bool",
            True,
            "If true, ignore any errors in templates when a field or map key is missing in "
            "the template.",
        ),
        Option("show-managed-fields", "bool", help="If true, keep the managedFields."),
        Option(
            "template",
            help="Template string or path to template file to use when -o=go-template, "
            "-o=go-template-file.",
        ),
    )


def dry_run() -> Option:
    return Option(
        "dry-run",
        default="none",
        bare="unchanged",
        help='Must be "none", "server", or "client".',
    )


def selector() -> Option:
    return Option(
        "selector",
        short="l",
        help="Selector (label query) to filter on, supports '=', '==', '!=', 'in', 'notin'.",
    )


def field_selector() -> Option:
    return Option(
        "field-selector",
        help="Selector (field query) to filter on, supports '=', '==', and '!='.",
    )


def all_namespaces() -> Option:
    return Option(
        "all-namespaces",
        "bool",
        short="A",
        help="If present, list the requested object(s) across all namespaces.",
    )


def field_manager(default: str) -> Option:
    return Option(
        "field-manager",
        default=default,
        help="Name of the manager used to track field ownership.",
    )


def manager_of(args: Args) -> str:
    """Who is to own the fields that a command writes: --field-manager, or what a server makes
    of kubectl's user agent where that is empty or missing."""
    return args.get("field-manager") or "kubectl"


def validate() -> Option:
    return Option(
        "validate",
        default="strict",
        bare="strict",
        help="Must be one of: strict (or true), warn, ignore (or false).",
    )
