from uuid import UUID

import pytest

from domain.identity.actor import MAY, Actor, ActorKind, Role
from domain.identity.errors import StepUpRequired
from domain.shared.ids import OrgId

ORG = OrgId(UUID(int=1))


def test_a_session_that_proved_itself_long_ago_must_do_so_again() -> None:
    Actor(org_id=ORG, kind=ActorKind.BEARER, fresh=True).require_fresh()
    with pytest.raises(StepUpRequired):
        Actor(org_id=ORG, kind=ActorKind.BEARER).require_fresh()


@pytest.mark.parametrize("kind", [ActorKind.BASIC, ActorKind.OPERATOR, ActorKind.JOB])
def test_callers_without_a_session_are_not_asked_for_freshness(kind: ActorKind) -> None:
    Actor(org_id=ORG, kind=kind).require_fresh()


@pytest.mark.parametrize(
    ("role", "granted"),
    [
        (Role.OWNER, "view dispatch finance admin owner"),
        (Role.ADMIN, "view dispatch finance admin"),
        (Role.DISPATCHER, "view dispatch"),
        (Role.FINANCE, "view finance"),
        (Role.VIEWER, "view"),
        (Role.WORKER, "worker"),
    ],
)
def test_the_permission_table_is_the_contract_s(role: Role, granted: str) -> None:
    assert {str(need) for need in MAY[role]} == {"public", "signed_in", *granted.split()}
