"""In which agencies an actor has a permission: what every `visible_to` filters by."""

from typing import TYPE_CHECKING

from accounts.permissions import Permission

if TYPE_CHECKING:
    from accounts.actors import Actor


def agencies(actor: "Actor", permission: Permission) -> frozenset[int]:
    """Primary keys of the agencies in which the actor has this permission; empty means: sees nothing."""
    return frozenset(key for granted, key in actor.grants if granted == permission)


def sees_all(actor: "Actor", permission: Permission) -> bool:
    """Whether a system actor may read everywhere. People and clients never do."""
    return actor.kind == "system" and permission in actor.everywhere
