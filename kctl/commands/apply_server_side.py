"""apply --server-side: one object sent as it is, and what kubectl does around it.

The rules are the API's. kubectl adds two things that this follows: how it explains a
conflict, and the move of an object that was applied on the client's side before, whose
fields would otherwise stay with their old manager for ever.
"""

from __future__ import annotations

import copy
from typing import Any

from kctl.commands.apply_migration import annotation_patch, migration_patch
from kctl.commands.command import UsageError
from kctl.commands.context import Context
from kctl.commands.objects import Found, get
from kctl.commands.parse import Args

Object = dict[str, Any]

MANAGER = "kubectl"
ANNOTATION_MANAGER = "kubectl-last-applied"
TRIES = 5

CONFLICT = """
Please review the fields above--they currently have other managers. Here
are the ways you can resolve this warning:
* If you intend to manage all of these fields, please re-run the apply
  command with the `--force-conflicts` flag.
* If you do not intend to manage all of the fields, please edit your
  manifest to remove references to the fields that should keep their
  current managers.
* You may co-own fields by updating your manifest to match the existing
  value; in this case, you'll become the manager if the other manager(s)
  stop managing the field (remove it from their configuration).
See https://kubernetes.io/docs/reference/using-api/server-side-apply/#conflicts"""
_NOT_FATAL = "This is non-fatal and will be retried next time you apply. Error:"
_MOVING = {
    "annotation": (
        "failed to migrate kubectl.kubernetes.io/last-applied-configuration for Server-Side Apply."
    ),
    "patch": "server rejected managed fields migration to Server-Side Apply.",
    "again": "failed to re-apply configuration after performing Server-Side Apply migration.",
}


def check(args: Args) -> None:
    """Refuse what does not go together with --server-side."""
    if args["force"]:
        raise UsageError("--force cannot be used with --server-side")
    if args["dry-run"] == "client":
        raise UsageError(
            "--dry-run=client doesn't work with --server-side (did you mean --dry-run=server "
            "instead?)"
        )


class Applier:
    """Applies one object, and keeps what the calls for it have in common."""

    def __init__(self, ctx: Context, args: Args, found: Found, *, dry: bool, strictness: str):
        self.ctx, self.found, self.dry, self.strictness = ctx, found, dry, strictness
        self.manager = args["field-manager"] if args.given("field-manager") else MANAGER
        self.force, self.subresource = args["force-conflicts"], args["subresource"]
        self.config = copy.deepcopy(found.obj)
        if found.namespace:
            self.config["metadata"].setdefault("namespace", found.namespace)

    def run(self) -> Object:
        """The object as it is then. Raises ApiError, and UsageError for a conflict."""
        from kctl.api.errors import ApiError

        try:
            made = self._apply(self.config, self.manager, force=self.force)
        except ApiError as error:
            if error.reason == "Conflict":
                raise UsageError(error.message + CONFLICT) from None
            raise
        return self._migrated(made)

    def _apply(self, config: Object, manager: str, *, force: bool) -> Object:
        made: Object = self.ctx.plane.api.apply(
            self.found.resource.resource,
            self.found.name,
            self.found.namespace,
            config,
            manager=manager,
            force=force,
            subresource=self.subresource,
            dry_run=self.dry,
            validation=self.strictness,
        )
        return made

    def _migrated(self, made: Object) -> Object:
        """The object once nothing of it belongs to client-side apply any more; what fails
        here is a warning, since the object itself was applied."""
        from kctl.api.errors import ApiError

        step = "annotation"
        try:
            if self.manager == MANAGER:
                patch = annotation_patch(made)
                if patch is not None:
                    made = self._apply(patch, ANNOTATION_MANAGER, force=False)
            step = "patch"
            moved = self._moved(made)
            if moved is None:
                return made
            made, step = moved, "again"
            return self._apply(self.config, self.manager, force=self.force)
        except ApiError as error:
            self.ctx.err.write(f"Warning: {_MOVING[step]} {_NOT_FATAL} {error.message}\n")
            return made

    def _moved(self, made: Object) -> Object | None:
        """The object with the fields of client-side apply under their new manager, None where
        there are none."""
        from kctl.api.errors import ApiError

        found = self.found
        for attempt in range(TRIES):
            patch = migration_patch(made, self.manager)
            if patch is None:
                return None
            try:
                moved: Object = self.ctx.plane.api.patch(
                    found.resource.resource,
                    found.name,
                    found.namespace,
                    patch,
                    "json",
                    dry_run=self.dry,
                    validation=self.strictness,
                    manager=self.manager,
                )
            except ApiError as error:
                fresh = get(self.ctx, found.resource, found.namespace, found.name)
                if error.reason != "Conflict" or attempt == TRIES - 1 or fresh is None:
                    raise
                made = fresh
            else:
                return moved
        return None
