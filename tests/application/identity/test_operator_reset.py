import pytest

from application.identity.create_user import CreateUser
from application.identity.invitations import AcceptInvitation
from application.identity.operator_reset import OperatorReset, OperatorResetHandler
from application.ports.unit_of_work import UnitOfWork
from domain.identity.errors import InvalidCredentials
from domain.shared.errors import NotFound
from tests.support.clock import FixedClock
from tests.support.identity import IDS
from tests.support.login import PASSWORD, caller
from tests.support.outgoing import audited
from tests.support.personnel import Personnel

NEW = "seven bright umbrellas in a row"


async def test_the_operator_s_reset_is_on_record_wherever_the_person_belongs(
    uow: UnitOfWork, clock: FixedClock
) -> None:
    personnel, tail = Personnel(uow, clock), IDS.new().hex[-12:]
    email = f"olive-{tail}@acme.example"
    first = await personnel.create_org(f"org-{tail}", email)
    second = await personnel.create_org(f"org-{tail}-2", f"other-{tail}@acme.example")
    host = caller(await personnel.log_in(f"other-{tail}@acme.example"))
    await personnel.create_user.handle(host, CreateUser(email=email))
    token = (await personnel.tokens_for(second.org_id, email, "invitation"))[-1]
    await personnel.accept.handle(personnel.origin, AcceptInvitation(token, NEW))
    held = await personnel.log_in(email, NEW)
    handler = OperatorResetHandler(uow, clock, personnel.temporary, personnel.throttling)
    done = await handler.handle(OperatorReset(email=email.upper(), reason="Called in"))
    assert done.user_id == first.user_id
    for stale in (PASSWORD, NEW):
        with pytest.raises(InvalidCredentials):
            await personnel.log_in(email, stale)
    assert (await personnel.log_in(email, done.temp_password)).must_change_password
    async with uow.begin(held.org_id) as unit:
        person, session = await unit.persons.get(first.user_id), await unit.sessions.find(held.session.id)
    assert session is not None
    assert session.auth_epoch != person.auth_epoch
    for org_id in (first.org_id, second.org_id):
        rows = [row for row in await audited(uow, org_id) if row["action"] == "reset_temp_password"]
        assert [(row["resource_id"], row["auth_method"]) for row in rows] == [(first.user_id, "operator")]
    with pytest.raises(NotFound):
        await handler.handle(OperatorReset(email="nobody@acme.example"))
