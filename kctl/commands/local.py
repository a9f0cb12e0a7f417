"""--local: objects from files, with no control plane asked about them."""

from __future__ import annotations

from kctl.commands.context import Context
from kctl.commands.files import read as read_files
from kctl.commands.objects import Findings, Found, catalog, identify
from kctl.commands.parse import Args


def from_files(ctx: Context, args: Args) -> Findings:
    """The objects that -f names, as they stand in the files."""
    known = catalog(ctx)
    findings = Findings()
    for manifest in read_files(ctx, args):
        with findings.guard():
            resource, namespace, name = identify(ctx, known, manifest.obj, manifest.source)
            findings.append(Found(resource, namespace, name, manifest.obj, manifest.source))
    findings.single = len(findings) == 1
    return findings
