"""Who works in a jail now and may own its cases."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Exists, OuterRef
from django.utils import timezone

from accounts.models import Membership, User
from accounts.permissions import Permission
from accounts.roles import ROLES

OWNING = tuple(slug for slug, entry in ROLES.items() if Permission.WORK_OWN in entry.permissions)


def works_here(user: str, agency: str) -> Exists:
    """Whether the person in column `user` may own cases now in the agency in column `agency`: leavers may not."""
    roles = Membership.objects.in_force(timezone.now()).filter(
        user=OuterRef(user), agency_id=OuterRef(agency), role__in=OWNING, user__is_active=True
    )
    return Exists(roles)


def of(agency_ids: Sequence[int]) -> tuple[User, ...]:
    """People who may own cases in one of these jails, by name."""
    roles = Membership.objects.in_force(timezone.now()).filter(
        user=OuterRef("pk"), agency_id__in=agency_ids, role__in=OWNING
    )
    return tuple(User.objects.filter(Exists(roles), is_active=True).order_by("name", "pk"))
