"""Who acts: a user, an API client or the system itself, with what each may do where."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from django.utils import timezone

from accounts.permissions import Permission
from accounts.roles import SYSTEM_PERMISSIONS, role

if TYPE_CHECKING:
    from accounts.models import Agency, Membership, User

ADMIN_KINDS = frozenset({"jail", "state_bureau", "federal_office"})


@dataclass(frozen=True)
class Actor:
    """An actor and its grants: pairs of permission and agency primary key, worked out once per request."""

    kind: Literal["user", "client", "system"]
    id: str
    label: str
    grants: frozenset[tuple[Permission, int]] = frozenset()
    everywhere: frozenset[Permission] = frozenset()
    home_agencies: tuple[int, ...] = ()
    enters_admin: bool = False
    home_zone: str = field(default="", compare=False)
    roles: tuple[str, ...] = field(default=(), compare=False)

    @cached_property
    def permissions(self) -> frozenset[Permission]:
        """Every permission this actor has somewhere."""
        return self.everywhere | {permission for permission, _ in self.grants}

    def may_somewhere(self, permission: Permission) -> bool:
        return permission in self.permissions


NOBODY = Actor(kind="user", id="", label="nobody")


def actor_for_user(user: "User") -> Actor:
    """The actor of a signed-in person, from the memberships in force now. An inactive person may do nothing."""
    if not getattr(user, "is_active", False) or user.pk is None:
        return NOBODY
    memberships = list(user.memberships.in_force(timezone.now()).select_related("agency").order_by("pk"))
    grants = {pair for membership in memberships for pair in _grants(membership)}
    return Actor(
        kind="user",
        id=str(user.public_id),
        label=user.name,
        grants=frozenset(grants),
        home_agencies=tuple(dict.fromkeys(membership.agency_id for membership in memberships)),
        home_zone=memberships[0].agency.time_zone if memberships else "",
        enters_admin=any(membership.agency.kind in ADMIN_KINDS for membership in memberships),
        roles=tuple(dict.fromkeys(membership.role for membership in memberships)),
    )


def actor_for_client(
    *, client_id: str, label: str, agency: "Agency", role_slug: str = "integration_client"
) -> Actor:
    """The actor of an API client of one agency."""
    entry = role(role_slug)
    permissions = entry.permissions if entry else frozenset()
    return Actor(
        kind="client",
        id=client_id,
        label=label,
        grants=frozenset((permission, agency.pk) for permission in permissions),
        home_agencies=(agency.pk,),
    )


def system(name: str) -> Actor:
    """The system acting by itself, as `system:<name>`, with the permissions listed for it in roles.py."""
    return Actor(
        kind="system",
        id=f"system:{name}",
        label=f"Clearhold ({name})",
        everywhere=SYSTEM_PERMISSIONS.get(name, frozenset()),
    )


def _grants(membership: "Membership") -> set[tuple[Permission, int]]:
    entry = role(membership.role)
    if entry is None or membership.agency.kind not in entry.agency_kinds:
        return set()
    if membership.agency.kind == "federal_office" and not membership.agency.federal_accounts_allowed:
        return set()
    return {(permission, key) for permission in entry.permissions for key in _reach(membership, entry.reach)}


def _reach(membership: "Membership", reach: str) -> list[int]:
    if reach != "state":
        return [membership.agency_id]
    from accounts.models import Agency

    jails = Agency.objects.filter(kind=Agency.Kind.JAIL, state=membership.agency.state)
    return [membership.agency_id, *jails.values_list("pk", flat=True)]
