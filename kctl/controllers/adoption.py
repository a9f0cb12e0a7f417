"""Who belongs to whom: a controller adopts orphans that its selector matches.

An orphan is an object without a controller. Releasing is the other way round: an object
whose labels no longer match its controller's selector loses the reference.
"""

from __future__ import annotations

from kctl.controllers.common import (
    controller_of,
    deleting,
    draft,
    labels_of,
    matches,
    namespace_of,
    owner_reference,
    pod_finished,
    uid_of,
)
from kctl.controllers.types import Changes, Object, View


def adopt_orphans(view: View, owner: Object, resource: str, changes: Changes) -> bool:
    """Adopt every orphan of the namespace that matches `owner`; True if there was one.

    This lists a namespace, so it is for owners that are seen for the first time; later
    orphans come one by one, through `adopt`."""
    adopted = False
    for each in view.list(resource, namespace_of(owner)):
        if adoptable(each, owner):
            adopt(each, owner, changes)
            adopted = True
    return adopted


def adoptable(obj: Object, owner: Object) -> bool:
    return (
        controller_of(obj) is None
        and not deleting(obj)
        and not deleting(owner)
        and not pod_finished(obj)
        and matches(owner["spec"].get("selector"), labels_of(obj))
    )


def adopt(obj: Object, owner: Object, changes: Changes) -> None:
    copy = draft(obj)
    references = copy["metadata"].get("ownerReferences") or []
    copy["metadata"]["ownerReferences"] = [*references, owner_reference(owner)]
    changes.update(copy)


def release(obj: Object, owner: Object, changes: Changes) -> None:
    """Drop the reference to a controller whose selector no longer matches."""
    copy = draft(obj)
    copy["metadata"]["ownerReferences"] = [
        each
        for each in copy["metadata"].get("ownerReferences") or []
        if each["uid"] != uid_of(owner)
    ]
    changes.update(copy)
