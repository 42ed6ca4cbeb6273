"""What becomes of a lead when its bookings end."""

from collections.abc import Iterable
from datetime import datetime

from application.ports.unit_of_work import Unit
from domain.shared.ids import LeadId


async def leads_lost_bookings(unit: Unit, lead_ids: Iterable[LeadId | None], now: datetime) -> None:
    """After bookings of these leads were done or called off, in the same transaction: a lead without a live
    one goes back to be called, or is done if a visit of it was. Locks in id order."""
    wanted = sorted({lead_id for lead_id in lead_ids if lead_id is not None})
    if not wanted:
        return
    leads = await unit.leads.lock_many(wanted)
    standings = await unit.bookings.standings_of(wanted)
    moved = []
    for lead in leads:
        standing = standings[lead.id]
        if not standing.live:
            after = lead.finished(now) if standing.done else lead.released(now)
            if after is not lead:
                moved.append(after)
    await unit.leads.save_many(moved)
