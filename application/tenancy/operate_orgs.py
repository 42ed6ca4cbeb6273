from collections.abc import AsyncIterator
from dataclasses import dataclass

from application.ports.clock import Clock
from application.ports.unit_of_work import UnitOfWork
from application.retrying import retrying
from application.tenancy.founding import operator
from domain.identity.session import RevokedReason
from domain.shared.errors import NotFound
from domain.tenancy.org import Org, OrgStatus

PAGE = 200


@dataclass(frozen=True, slots=True)
class ListOrgsHandler:
    """For the operator: every organisation, by slug."""

    uow: UnitOfWork

    async def handle(self) -> AsyncIterator[Org]:
        after = ""
        while True:
            async with self.uow.begin_global() as shared:
                page = await shared.directory.list_all(after=after, limit=PAGE)
            for org in page:
                yield org
            if len(page) < PAGE:
                return
            after = page[-1].slug


@dataclass(frozen=True, slots=True)
class SetOrgStatus:
    slug: str
    status: OrgStatus


@dataclass(frozen=True, slots=True)
class SetOrgStatusHandler:
    """For the operator: suspend or resume. A suspension ends every session of the organisation."""

    uow: UnitOfWork
    clock: Clock

    @retrying
    async def handle(self, command: SetOrgStatus) -> bool:
        """False, and nothing done, if it has that status already. Raises NotFound."""
        async with self.uow.begin_global() as shared:
            org = await shared.directory.by_slug(command.slug)
        if org is None:
            raise NotFound("slug", "There is no organisation with this slug.")
        async with self.uow.begin(org.id) as unit:
            if not await unit.directory.set_status(org.id, command.status):
                return False
            # At the end of a suspension too: a login under way when it began may have left a session.
            ended = await unit.sessions.revoke_all(RevokedReason.ORG_SUSPENDED, self.clock.now())
            after: dict[str, object] = {"status": command.status.value}
            if suspended := command.status is OrgStatus.SUSPENDED:
                after["sessions_revoked"] = ended
            action = "org_suspended" if suspended else "org_resumed"
            before = {"status": org.status.value}
            await unit.audit.record(operator(org.id), action, "org", org.id, before=before, after=after)
        return True
