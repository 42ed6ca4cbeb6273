from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from application.leads.read_lead import LeadView, view_of
from application.ports.clock import Clock
from application.ports.unit_of_work import Unit, UnitOfWork
from application.pricing.prices import estimate_today
from application.retrying import retrying
from domain.identity.actor import Actor, Need
from domain.leads.lead import Lead
from domain.shared.estimate import Estimate, Home
from domain.shared.ids import LeadId
from domain.shared.versions import Expected, must_match


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeLead:
    """`details` names fields of LeadDetails; `home` is a new home, or none at all if `no_home`."""

    lead_id: LeadId
    details: Mapping[str, Any] = field(default_factory=dict)
    home: Home | None = None
    no_home: bool = False
    expected_version: Expected = None


@dataclass(frozen=True, slots=True)
class ChangeLeadHandler:
    uow: UnitOfWork
    clock: Clock

    @retrying
    async def handle(self, actor: Actor, command: ChangeLead) -> LeadView:
        actor.require(Need.DISPATCH)
        async with self.uow.begin(actor.org_id, once=actor.once) as unit:
            before = await unit.leads.lock(command.lead_id)
            must_match(before.version, command.expected_version)
            estimate = await _estimate(unit, before, command)
            details = replace(before.details, **command.details)
            after = before.described(details, estimate, self.clock.now())
            if after is not before:
                await unit.leads.save(after)
                await unit.audit.record(
                    actor, "lead_update", "lead", after.id, after={"changed": _changed(before, after)}
                )
            view = await view_of(unit, after)
            await unit.seal(view)
        return view


async def _estimate(unit: Unit, before: Lead, command: ChangeLead) -> Estimate | None:
    if command.home is not None:
        return await estimate_today(unit, command.home, pointer="home")
    return None if command.no_home else before.estimate


def _changed(before: Lead, after: Lead) -> list[str]:
    """The names of the fields that differ, for the audit log: their values are personal."""
    names = [
        name
        for name in before.details.__dataclass_fields__
        if getattr(before.details, name) != getattr(after.details, name)
    ]
    return names if before.estimate == after.estimate else [*names, "home"]
