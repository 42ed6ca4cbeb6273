"""Visits that nobody is assigned to: the page and its counts in one statement, so that they agree."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.postgres.booking_statements import LONGEST
from adapters.postgres.hot_read import HotRead
from application.ports.waiting_visits import WaitingPage, WaitingVisit

QUEUE = """
    with waiting as (
        select b.booking_id, b.lead_id, b.starts_at, b.ends_at, b.status, b.service_type, b.team_id,
               b.crew_needed, b.created_at
        from bookings b
        where b.starts_at < $3 and b.starts_at > $4 and b.ends_at > $1
          and (b.status = 'CONFIRMED'
               or b.status = 'PENDING' and (b.expires_at is null or b.expires_at > $1))
          and not exists (select from booking_crew c where c.booking_id = b.booking_id)
    ), counts as (
        select count(*) as total, count(*) filter (where starts_at < $2) as urgent from waiting
    ), page as (
        select * from waiting order by starts_at, booking_id limit $5 offset $6
    )
    select counts.total, counts.urgent, p.booking_id, p.lead_id, l.name, l.phone, l.email, p.starts_at,
           p.ends_at, p.status, p.service_type, p.team_id, t.name, p.crew_needed, p.created_at
    from counts
    left join page p on true
    left join teams t on t.team_id = p.team_id
    left join leads l on l.lead_id = p.lead_id
    order by p.starts_at, p.booking_id
"""
"""On an empty page the counts stand alone."""
READ_QUEUE = HotRead(QUEUE, ("now", "urgent_before", "before", "long_before", "limit", "offset"))
COUNTS = 2


@dataclass(frozen=True, slots=True)
class PostgresWaitingVisits:
    connection: AsyncConnection

    async def page(
        self, *, now: datetime, urgent_before: datetime, before: datetime, limit: int, offset: int
    ) -> WaitingPage:
        asked = {
            "now": now,
            "urgent_before": urgent_before,
            "before": before,
            "long_before": now - LONGEST,
            "limit": limit,
            "offset": offset,
        }
        rows = await READ_QUEUE.rows(self.connection, asked)
        total, urgent = rows[0][:COUNTS]
        visits = [WaitingVisit(*row[COUNTS:]) for row in rows if row[COUNTS] is not None]
        return WaitingPage(tuple(visits), total, urgent)
