"""What is said of times that were refused to some of many."""

from dataclasses import replace
from datetime import datetime

from application.booking.bulk.calendar import BulkCalendar, its_fortnight
from application.booking.bulk.deeds import BulkItem, BulkOutcome
from application.booking.refused_time import VisitRefused, told_about
from application.ports.unit_of_work import Unit
from domain.booking.refusals import SlotTaken
from domain.scheduling.offers import Audience


async def explained(unit: Unit, outcome: BulkOutcome, now: datetime) -> BulkOutcome:
    """Of times that were refused: what is in the way, and what is free instead."""
    refused = {
        item.booking_id: item.problem.wanted
        for item in outcome.items
        if isinstance(item.problem, VisitRefused)
    }
    if not refused:
        return outcome
    calendar = BulkCalendar(now)
    concerned = [item.booking for item in outcome.items if item.booking and item.booking_id in refused]
    await calendar.read(unit, concerned, its_fortnight)

    def told(item: BulkItem) -> BulkItem:
        if item.booking is None or item.booking_id not in refused:
            return item
        facts = calendar.around(item.booking)
        members = told_about(facts, refused[item.booking_id], Audience.STAFF, now)
        return replace(item, problem=SlotTaken(members=members))

    return BulkOutcome(tuple(map(told, outcome.items)))
