"""How bookings are taken: read and changed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from application.ports.clock import Clock
from application.ports.unit_of_work import UnitOfWork
from application.retrying import retrying
from application.scheduling.audited import audited_settings, changed_fields
from domain.identity.actor import Actor, Need
from domain.scheduling.settings import BookingSettings
from domain.shared.versions import Expected, must_match
from domain.tenancy.org import OrgProfile

PERSONAL = ("office_email",)


@dataclass(frozen=True, slots=True)
class BookingSettingsView:
    """With the travel buffer, which is a setting of the organisation's profile."""

    settings: BookingSettings
    profile: OrgProfile

    @property
    def version(self) -> int:
        """Moves on whenever anything shown here does: the profile has versions of its own."""
        return self.settings.version + self.profile.version - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeBookingSettings:
    """`changes` names fields of BookingSettings."""

    changes: Mapping[str, Any] = field(default_factory=dict)
    expected_version: Expected = None


@dataclass(frozen=True, slots=True)
class ReadBookingSettingsHandler:
    uow: UnitOfWork

    async def handle(self, actor: Actor) -> BookingSettingsView:
        actor.require(Need.VIEW)
        async with self.uow.begin(actor.org_id) as unit:
            return BookingSettingsView(await unit.booking_settings.get(), await unit.org.get())


@dataclass(frozen=True, slots=True)
class ChangeBookingSettingsHandler:
    uow: UnitOfWork
    clock: Clock

    @retrying
    async def handle(self, actor: Actor, command: ChangeBookingSettings) -> BookingSettingsView:
        actor.require(Need.ADMIN)
        async with self.uow.begin(actor.org_id, once=actor.once) as unit:
            before = await unit.booking_settings.lock()
            profile = await unit.org.get()
            must_match(BookingSettingsView(before, profile).version, command.expected_version)
            after = before.changed(self.clock.now(), **command.changes)
            if after is not before:
                await unit.booking_settings.save(after)
                await unit.audit.record(
                    actor,
                    "booking_settings_update",
                    "booking_settings",
                    None,
                    before=audited_settings(before),
                    after=audited_settings(after) | {"changed": changed_fields(before, after, PERSONAL)},
                )
            answer = BookingSettingsView(after, profile)
            await unit.seal(answer)
        return answer
