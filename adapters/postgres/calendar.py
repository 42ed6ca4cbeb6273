"""The whole calendar of a period in one statement: PostgreSQL builds one JSON document, msgspec reads it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.postgres.calendar_document import board_decoder, facts_decoder, hold_decoder
from adapters.postgres.hot_read import HotRead
from application.ports.calendar import BoardFacts
from domain.scheduling.blackout import LONGEST_WINDOW
from domain.scheduling.calendar import CalendarFacts
from domain.scheduling.hold import Hold
from domain.scheduling.settings import LONGEST_BUFFER_MINUTES
from domain.shared.errors import NotFound
from domain.shared.ids import BookingId, TeamId, WorkerId

LONGEST_BUFFER = timedelta(minutes=LONGEST_BUFFER_MINUTES)
LONGEST_HOLD = timedelta(minutes=1440) + LONGEST_BUFFER

HOURS = """
    select json_agg(json_build_array(h.day_of_week, h.start_minute, h.end_minute))
    from working_hours h where h.team_id = t.team_id
"""
SKILLS = """
    select json_agg(json_build_array(s.position, s.tag, s.expires_on))
    from worker_skills s where s.worker_id = w.worker_id
"""
CREW = """
    select json_agg(c.worker_id order by c.worker_id) from booking_crew c where c.booking_id = b.booking_id
"""
HOLD = """
    json_build_array(b.booking_id, b.team_id, b.starts_at, b.ends_at, b.held_until,
        coalesce(({crew}), '[]'::json), b.status = 'DONE')
"""
SETTINGS = """
    select json_build_array(slot_step_minutes, min_notice_minutes, horizon_days, default_hours,
        online_booking, auto_confirm, pending_ttl_minutes, deposit_bps, deposit_min_cents,
        deposit_max_cents, high_value_cents, flagged_postal_prefixes, office_email, version, updated_at)
    from booking_settings
"""
TEAMS = f"""
    select json_agg(json_build_array(t.team_id, t.name, t.color, t.is_active, t.is_default,
        case when t.own_hours then coalesce(({HOURS}), '[]'::json) end,
        t.version, t.created_at, t.updated_at) order by t.team_id)
    from teams t
"""  # noqa: S608  # constants of this module
WORKERS = f"""
    select json_agg(json_build_array(w.worker_id, w.name, w.team_id, w.phone, w.email, w.role,
        coalesce(({SKILLS}), '[]'::json), w.hourly_rate_cents, w.user_id, w.is_active,
        w.version, w.created_at, w.updated_at) order by w.worker_id)
    from workers w
"""  # noqa: S608  # constants of this module
TOUCHING = "b.starts_at < $2 and b.starts_at > $3 and b.held_until > $1"
LIVE = "(b.status = 'CONFIRMED' or b.status = 'PENDING' and (b.expires_at is null or b.expires_at > {now}))"
SHOWN = f"({LIVE.format(now='$5')} or b.status = 'DONE')"
# The workers' visits and teams are found once, by their indexes, and looked up by hash for each hold.
CREW_MATTERS = """
    $7::uuid[] is null
    or b.team_id in (select w.team_id from workers w where w.worker_id = any($7))
    or b.booking_id in (
        select c.booking_id from booking_crew c
        where c.worker_id = any($7) and c.starts_at < $2 and c.starts_at > $3
    )
"""
HOLDS = f"""
    select json_agg(
        {HOLD.format(crew=f"case when {CREW_MATTERS} then ({CREW}) end")} order by b.starts_at, b.booking_id
    )
    from bookings b
    where {TOUCHING} and b.booking_id is distinct from $6 and {SHOWN}
"""  # noqa: S608  # constants of this module
BLACKOUTS = """
    select json_agg(json_build_array(k.blackout_id, k.starts_at, k.ends_at, k.reason, k.team_id,
        k.worker_id, k.created_by, k.created_at) order by k.starts_at, k.blackout_id)
    from blackouts k where k.starts_at < $2 and k.starts_at > $4 and k.ends_at > $1
"""
FACTS = f"""
    select json_build_array(p.timezone, p.travel_buffer_minutes, ({SETTINGS}),
        coalesce(({TEAMS}), '[]'::json), coalesce(({WORKERS}), '[]'::json),
        coalesce(({HOLDS}), '[]'::json), coalesce(({BLACKOUTS}), '[]'::json))::text
    from org_profiles p
"""  # noqa: S608  # constants of this module
# Names are looked up one by one, by their whole key: so the plan does not hang on statistics being fresh.
CREW_NAMES = """
    select json_agg(json_build_array(c.worker_id,
        (select w.name from workers w where w.worker_id = c.worker_id)) order by c.worker_id)
    from booking_crew c where c.booking_id = b.booking_id
"""
LEAD = "select json_build_array(l.name, l.phone) from leads l where l.lead_id = b.lead_id"
VISITS = f"""
    select json_agg(v.visit) from (
        select json_build_array(b.booking_id, b.team_id, b.starts_at, b.ends_at, b.held_until,
            coalesce(({CREW_NAMES}), '[]'::json), b.version, b.status, b.source, b.lead_id, ({LEAD}),
            b.crew_needed, b.service_type, b.address, b.deposit_status, b.risk_band, b.expires_at) as visit
        from bookings b where {TOUCHING} and {SHOWN}
        order by b.starts_at, b.booking_id limit $6
    ) v
"""  # noqa: S608  # constants of this module
BOARD = f"""
    select json_build_array(p.timezone, p.travel_buffer_minutes, ({SETTINGS}),
        coalesce(({TEAMS}), '[]'::json), coalesce(({VISITS}), '[]'::json),
        coalesce(({BLACKOUTS}), '[]'::json))::text
    from org_profiles p
"""  # noqa: S608  # constants of this module
FIND = f"select {HOLD.format(crew=CREW)}::text from bookings b where b.booking_id = $1"  # noqa: S608  # constants
TO_COME = f"b.starts_at > $3 and b.ends_at > $2 and {LIVE.format(now='$2')}"
TEAM_HAS_JOBS = f"select exists (select from bookings b where b.team_id = $1 and {TO_COME})"  # noqa: S608  # constants
JOBS_OF_WORKER = f"""
    select b.booking_id from booking_crew c join bookings b on b.booking_id = c.booking_id
    where c.worker_id = $1 and c.starts_at > $3 and {TO_COME} order by b.starts_at, b.booking_id
"""  # noqa: S608  # constants of this module

PERIOD = ("start", "end", "earliest_hold", "earliest_blackout", "now")
READ_FACTS = HotRead(FACTS, (*PERIOD, "ignoring", "crews_for"))
READ_BOARD = HotRead(BOARD, (*PERIOD, "most"))

LOCK_KEY = "hashtextextended('calendar:' || current_setting('app.current_org_id'), 0)"
SHARE = f"select pg_advisory_xact_lock_shared({LOCK_KEY})"
EXCLUDE = f"select pg_advisory_xact_lock({LOCK_KEY})"


@dataclass(frozen=True, slots=True)
class PostgresCalendar:
    connection: AsyncConnection

    async def facts(
        self,
        start: datetime,
        end: datetime,
        *,
        now: datetime,
        ignoring: BookingId | None = None,
        crews_for: Collection[WorkerId] | None = None,
    ) -> CalendarFacts:
        workers = None if crews_for is None else list(crews_for)
        asked = {**period_of(start, end, now), "ignoring": ignoring, "crews_for": workers}
        document = await self._document(READ_FACTS, asked)
        row = facts_decoder.decode(document)
        if row.settings is None:
            raise NotFound("org_id")
        return row.to_facts(row.settings)

    async def board(self, start: datetime, end: datetime, *, now: datetime, limit: int) -> BoardFacts:
        document = await self._document(READ_BOARD, {**period_of(start, end, now), "most": limit + 1})
        row = board_decoder.decode(document)
        if row.settings is None:
            raise NotFound("org_id")
        return row.to_board(row.settings, limit)

    async def find(self, booking_id: BookingId) -> Hold | None:
        document = await self._value(FIND, (booking_id,))
        return None if document is None else hold_decoder.decode(document).to_hold()

    async def team_has_jobs(self, team_id: TeamId, now: datetime) -> bool:
        return bool(await self._value(TEAM_HAS_JOBS, (team_id, now, now - LONGEST_HOLD)))

    async def jobs_of_worker(self, worker_id: WorkerId, now: datetime) -> list[BookingId]:
        asked = (worker_id, now, now - LONGEST_HOLD)
        rows = await self.connection.exec_driver_sql(JOBS_OF_WORKER, asked)
        return [BookingId(booking_id) for (booking_id,) in rows]

    async def share(self) -> None:
        await self.connection.exec_driver_sql(SHARE)

    async def exclude(self) -> None:
        await self.connection.exec_driver_sql(EXCLUDE)

    async def _document(self, read: HotRead, asked: dict[str, Any]) -> str:
        """Raises NotFound before the organisation's birth."""
        rows = await read.rows(self.connection, asked)
        if not rows:
            raise NotFound("org_id")
        return str(rows[0][0])

    async def _value(self, statement: str, arguments: tuple[Any, ...]) -> Any:
        return (await self.connection.exec_driver_sql(statement, arguments)).scalar_one_or_none()


def period_of(start: datetime, end: datetime, now: datetime) -> dict[str, Any]:
    """No hold and no blackout is longer than the longest: their earliest start keeps the range of the index
    short."""
    return {
        "start": start,
        "end": end + LONGEST_BUFFER,
        "earliest_hold": start - LONGEST_HOLD,
        "earliest_blackout": start - LONGEST_WINDOW,
        "now": now,
    }
