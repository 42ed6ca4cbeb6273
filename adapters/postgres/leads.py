from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    Text,
    Uuid,
    bindparam,
    cast,
    column,
    exists,
    func,
    or_,
    select,
    table,
    text,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.postgres.errors import constraint_of
from adapters.postgres.tables.leads import leads
from application.ports.leads import LeadFilter, LeadPosition, ReferralCodeTaken
from domain.leads.errors import LeadNotFound
from domain.leads.lead import Lead, LeadDetails, LeadSource
from domain.leads.lead_status import LeadStatus
from domain.shared.contact import normal_text, phone_fragment
from domain.shared.estimate_values import estimate_of, estimate_values
from domain.shared.ids import BookingId, LeadId

DETAILS = (
    "name",
    "phone",
    "email",
    "postal_code",
    "address",
    "preferred_dates",
    "access_notes",
    "parking",
    "pets",
    "allergies",
    "notes",
    "utm",
    "referrer",
)
PROGRESS = (
    "status",
    "source",
    "estimate",
    "referral_code",
    "referred_by_code",
    "referral_credits",
    "referral_settled",
    "token_sha256",
    "token_expires_at",
    "client_address",
    "version",
    "created_at",
    "updated_at",
)
SEARCHED = ("name_norm", "phone_norm", "email_norm")
LEAD = (leads.c.lead_id, *(leads.c[name] for name in (*DETAILS, *PROGRESS)))
GET = select(*LEAD).where(leads.c.lead_id == bindparam("wanted"))
LOCK = GET.with_for_update(key_share=True)
_MANY = leads.c.lead_id == func.any(cast(bindparam("lead_ids"), ARRAY(Uuid)))
GET_MANY = select(*LEAD).where(_MANY).order_by(leads.c.lead_id)
LOCK_MANY = select(leads.c.lead_id).where(_MANY).order_by(leads.c.lead_id).with_for_update(key_share=True)
BY_REFERRAL_CODE = select(*LEAD).where(leads.c.referral_code == bindparam("code"))
ANY_ESTIMATED = select(exists().where(leads.c.estimate.is_not(None)))
NEW = insert(leads)
SAVE = NEW.on_conflict_do_update(
    index_elements=[leads.c.org_id, leads.c.lead_id],
    set_={name: NEW.excluded[name] for name in (*DETAILS, *PROGRESS, *SEARCHED)},
)

STATUSES = cast(bindparam("statuses"), ARRAY(Text))
Q, NUMBER = cast(bindparam("q"), Text), cast(bindparam("number"), Text)
LIST = (
    select(*LEAD)
    .where(
        leads.c.created_at >= bindparam("created_from"),
        leads.c.created_at < bindparam("created_before"),
        leads.c.created_at <= bindparam("after_at"),
        or_(leads.c.created_at < bindparam("after_at"), leads.c.lead_id > bindparam("after_id")),
        or_(STATUSES.is_(None), leads.c.status == func.any(STATUSES)),
        or_(
            Q.is_(None),
            func.strpos(leads.c.name_norm, Q) > 0,
            func.strpos(leads.c.email_norm, Q) > 0,
            func.strpos(leads.c.phone_norm, NUMBER) > 0,
        ),
    )
    .order_by(leads.c.created_at.desc(), leads.c.lead_id)
    .limit(bindparam("most"))
)
"""Every bound is always there, open ends as far away as can be, so that one index walk serves any page."""
EARLIEST, LATEST = datetime(1, 1, 2, tzinfo=UTC), datetime(9999, 12, 30, tzinfo=UTC)
TOP = LeadPosition(LATEST, LeadId(UUID(int=0)))

BOOKINGS = table("bookings", column("booking_id", Uuid), column("lead_id", Uuid))
BOOKING_IDS = (
    select(BOOKINGS.c.lead_id, BOOKINGS.c.booking_id)
    .where(BOOKINGS.c.lead_id == func.any(cast(bindparam("lead_ids"), ARRAY(Uuid))))
    .order_by(BOOKINGS.c.booking_id)
)

ONE_BY_ONE = text(
    "select pg_advisory_xact_lock(hashtextextended("
    "'public_leads:' || current_setting('app.current_org_id') || ':' || :address, 0))"
).bindparams(bindparam("address", type_=Text))
PUBLIC_SINCE = (
    select(leads.c.created_at)
    .where(
        leads.c.source == text("'public'"),  # in this very form the partial index is used
        leads.c.client_address == bindparam("address"),
        leads.c.created_at > bindparam("since"),
    )
    .order_by(leads.c.created_at)
)


def to_lead(row: Sequence[Any]) -> Lead:
    details = dict(zip(DETAILS, row[1 : 1 + len(DETAILS)], strict=True))
    progress = dict(zip(PROGRESS, row[1 + len(DETAILS) :], strict=True))
    details |= {
        "preferred_dates": tuple(details["preferred_dates"]),
        "utm": MappingProxyType(details["utm"]),
    }
    progress |= {
        "status": LeadStatus(progress["status"]),
        "source": LeadSource(progress["source"]),
        "estimate": progress["estimate"] and estimate_of(progress["estimate"]),
    }
    return Lead(id=LeadId(row[0]), details=LeadDetails(**details), **progress)


def from_lead(lead: Lead) -> dict[str, Any]:
    row = {name: getattr(lead.details, name) for name in DETAILS}
    row |= {name: getattr(lead, name) for name in (*PROGRESS, *SEARCHED)}
    return row | {
        "lead_id": lead.id,
        "preferred_dates": list(lead.details.preferred_dates),
        "utm": dict(lead.details.utm),
        "estimate": lead.estimate and estimate_values(lead.estimate),
    }


@dataclass(frozen=True, slots=True)
class PostgresLeads:
    connection: AsyncConnection

    async def get(self, lead_id: LeadId) -> Lead:
        if (lead := await self.find(lead_id)) is None:
            raise LeadNotFound
        return lead

    async def find(self, lead_id: LeadId) -> Lead | None:
        return await self._one(GET, {"wanted": lead_id})

    async def lock(self, lead_id: LeadId) -> Lead:
        if (lead := await self._one(LOCK, {"wanted": lead_id})) is None:
            raise LeadNotFound
        return lead

    async def find_many(self, lead_ids: Iterable[LeadId]) -> Mapping[LeadId, Lead]:
        rows = await self.connection.execute(GET_MANY, {"lead_ids": list(lead_ids)})
        return {lead.id: lead for lead in map(to_lead, rows)}

    async def lock_many(self, lead_ids: Iterable[LeadId]) -> list[Lead]:
        """Locked first and read after, so that what is read is what the lock protects."""
        wanted = {"lead_ids": sorted(set(lead_ids))}
        await self.connection.execute(LOCK_MANY, wanted)
        return [to_lead(row) for row in await self.connection.execute(GET_MANY, wanted)]

    async def find_by_referral_code(self, code: str) -> Lead | None:
        return await self._one(BY_REFERRAL_CODE, {"code": code})

    async def list_page(self, wanted: LeadFilter, after: LeadPosition | None, limit: int) -> list[Lead]:
        after = after or TOP
        values = {
            "statuses": sorted(wanted.statuses) or None,
            "q": None if wanted.q is None else normal_text(wanted.q),
            "number": None if wanted.q is None else phone_fragment(wanted.q),
            "created_from": wanted.created_from or EARLIEST,
            "created_before": wanted.created_before or LATEST,
            "after_at": after.created_at,
            "after_id": after.lead_id,
            "most": limit,
        }
        return [to_lead(row) for row in await self.connection.execute(LIST, values)]

    async def booking_ids(self, lead_ids: Sequence[LeadId]) -> Mapping[LeadId, tuple[BookingId, ...]]:
        found: dict[LeadId, tuple[BookingId, ...]] = {}
        for lead_id, booking_id in await self.connection.execute(BOOKING_IDS, {"lead_ids": list(lead_ids)}):
            found[lead_id] = (*found.get(lead_id, ()), booking_id)
        return found

    async def public_since(self, client_address: str, since: datetime) -> list[datetime]:
        await self.connection.execute(ONE_BY_ONE, {"address": client_address})
        rows = await self.connection.execute(PUBLIC_SINCE, {"address": client_address, "since": since})
        return list(rows.scalars())

    async def any_estimated(self) -> bool:
        return bool((await self.connection.execute(ANY_ESTIMATED)).scalar_one())

    async def save(self, lead: Lead) -> None:
        try:
            await self.connection.execute(SAVE, from_lead(lead))
        except IntegrityError as error:
            if constraint_of(error) == "leads_referral_code_key":
                raise ReferralCodeTaken from error
            raise

    async def save_many(self, leads: Sequence[Lead]) -> None:
        if leads:
            await self.connection.execute(SAVE, [from_lead(lead) for lead in leads])

    async def _one(self, statement: Any, values: dict[str, Any]) -> Lead | None:
        row = (await self.connection.execute(statement, values)).one_or_none()
        return None if row is None else to_lead(row)
