"""No team and no worker is held twice: asked of the rows themselves, past every policy."""

from collections.abc import Callable

OVERLAPPING_TEAMS = """
    select count(*) from bookings a join bookings b on a.org_id = b.org_id and a.team_id = b.team_id
        and a.booking_id < b.booking_id and a.starts_at < b.held_until and b.starts_at < a.held_until
    where a.status in ('PENDING', 'CONFIRMED') and b.status in ('PENDING', 'CONFIRMED')
"""
OVERLAPPING_WORKERS = """
    select count(*)
    from booking_crew ac join bookings a on (a.org_id, a.booking_id) = (ac.org_id, ac.booking_id)
    join booking_crew bc on bc.org_id = ac.org_id and bc.worker_id = ac.worker_id
    join bookings b on (b.org_id, b.booking_id) = (bc.org_id, bc.booking_id)
    where a.booking_id < b.booking_id and a.starts_at < b.held_until and b.starts_at < a.held_until
        and a.status in ('PENDING', 'CONFIRMED') and b.status in ('PENDING', 'CONFIRMED')
"""
CREW_OUT_OF_STEP = """
    select count(*) from booking_crew c join bookings b on (b.org_id, b.booking_id) = (c.org_id, c.booking_id)
    where (c.starts_at, c.held_until, c.live)
        is distinct from (b.starts_at, b.held_until, b.status in ('PENDING', 'CONFIRMED'))
"""


def assert_nothing_overlaps(execute: Callable[[str], str]) -> None:
    """`execute` asks as the superuser; the bookings of every organisation are looked at."""
    for question in (OVERLAPPING_TEAMS, OVERLAPPING_WORKERS, CREW_OUT_OF_STEP):
        assert execute(question).strip() == "0", question
