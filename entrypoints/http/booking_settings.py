from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from dishka import FromDishka
from litestar import Controller, Request, Response
from msgspec import UNSET, Meta, UnsetType

from application.scheduling.booking_settings import (
    BookingSettingsView,
    ChangeBookingSettings,
    ChangeBookingSettingsHandler,
    ReadBookingSettingsHandler,
)
from domain.identity.actor import Actor, Need
from domain.scheduling.settings import deposit_faults
from domain.shared.errors import FieldFault
from entrypoints.http.conditional import expected_version, tagged
from entrypoints.http.once import answer_once
from entrypoints.http.routes import get, patch
from entrypoints.http.team_bodies import OpeningBody, Openings, openings_of, week_of
from entrypoints.http.texts import Email
from entrypoints.http.values import Findings, faults_in

Step = Literal[15, 30, 60]
Cents = Annotated[int, Meta(ge=0, le=100_000_000)]
Prefix = Annotated[
    str,
    Meta(
        min_length=2,
        max_length=6,
        pattern="^[A-Za-z0-9][A-Za-z0-9 -]*[A-Za-z0-9]$",
        extra={"rule": "must be 2 to 6 letters or digits"},
    ),
]
Prefixes = Annotated[list[Prefix], Meta(max_length=50)]


class SettingsChangeBody(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What is left out stays."""

    slot_step_minutes: Step | UnsetType = UNSET
    min_notice_minutes: Annotated[int, Meta(ge=0, le=20_160)] | UnsetType = UNSET
    horizon_days: Annotated[int, Meta(ge=1, le=365)] | UnsetType = UNSET
    default_hours: Openings | UnsetType = UNSET
    online_booking: bool | UnsetType = UNSET
    auto_confirm: bool | UnsetType = UNSET
    pending_ttl_minutes: Annotated[int, Meta(ge=10, le=1_440)] | UnsetType = UNSET
    deposit_bps: Annotated[int, Meta(ge=0, le=10_000)] | UnsetType = UNSET
    deposit_min_cents: Cents | UnsetType = UNSET
    deposit_max_cents: Cents | UnsetType = UNSET
    high_value_cents: Cents | UnsetType = UNSET
    flagged_postal_prefixes: Prefixes | UnsetType = UNSET
    office_email: Email | UnsetType | None = UNSET

    @classmethod
    def judge(cls, given: Mapping[str, Any], _: Findings) -> Iterable[FieldFault]:
        if (hours := given.get("default_hours")) is not None:
            yield from faults_in(week_of, hours, "default_hours")
        if {"deposit_min_cents", "deposit_max_cents"} <= given.keys():
            yield from deposit_faults(given["deposit_min_cents"], given["deposit_max_cents"])

    def changes(self) -> dict[str, Any]:
        given = {name: getattr(self, name) for name in self.__struct_fields__}
        changes = {name: value for name, value in given.items() if value is not UNSET}
        if not isinstance(self.default_hours, UnsetType):
            changes["default_hours"] = week_of(self.default_hours, "default_hours")
        if not isinstance(self.flagged_postal_prefixes, UnsetType):
            changes["flagged_postal_prefixes"] = tuple(p.upper() for p in self.flagged_postal_prefixes)
        return changes


class SettingsAnswer(msgspec.Struct, kw_only=True):
    slot_step_minutes: int
    travel_buffer_minutes: int
    min_notice_minutes: int
    horizon_days: int
    default_hours: list[OpeningBody]
    online_booking: bool
    auto_confirm: bool
    pending_ttl_minutes: int
    deposit_bps: int
    deposit_min_cents: int
    deposit_max_cents: int
    high_value_cents: int
    flagged_postal_prefixes: list[str]
    office_email: str | None
    version: int
    updated_at: datetime


def settings_answer(view: BookingSettingsView) -> SettingsAnswer:
    settings = view.settings
    return SettingsAnswer(
        slot_step_minutes=settings.slot_step_minutes,
        travel_buffer_minutes=view.profile.travel_buffer_minutes,
        min_notice_minutes=settings.min_notice_minutes,
        horizon_days=settings.horizon_days,
        default_hours=openings_of(settings.default_hours),
        online_booking=settings.online_booking,
        auto_confirm=settings.auto_confirm,
        pending_ttl_minutes=settings.pending_ttl_minutes,
        deposit_bps=settings.deposit_bps,
        deposit_min_cents=settings.deposit_min_cents,
        deposit_max_cents=settings.deposit_max_cents,
        high_value_cents=settings.high_value_cents,
        flagged_postal_prefixes=list(settings.flagged_postal_prefixes),
        office_email=settings.office_email,
        version=view.version,
        updated_at=settings.updated_at,
    )


class BookingSettingsController(Controller):
    path = "/v1/admin/booking-settings"

    @get(need=Need.VIEW, admin_route=True, summary="How bookings are taken", answers=(304,))
    async def read(
        self,
        request: Request[Any, Any, Any],
        actor: FromDishka[Actor],
        handler: FromDishka[ReadBookingSettingsHandler],
    ) -> Response[SettingsAnswer | None]:
        return _answered(request, await handler.handle(actor))

    @patch(
        need=Need.ADMIN,
        admin_route=True,
        summary="Change how bookings are taken",
        problems=("version_conflict",),
        example={"slot_step_minutes": 30, "online_booking": True},
    )
    async def change(
        self,
        request: Request[Any, Any, Any],
        data: SettingsChangeBody,
        actor: FromDishka[Actor],
        handler: FromDishka[ChangeBookingSettingsHandler],
    ) -> Response[SettingsAnswer | None]:
        command = ChangeBookingSettings(changes=data.changes(), expected_version=expected_version(request))
        return await answer_once(actor, handler, command, lambda view: _answered(request, view))


def _answered(request: Request[Any, Any, Any], view: BookingSettingsView) -> Response[SettingsAnswer | None]:
    return tagged(request, settings_answer(view), view.version)
