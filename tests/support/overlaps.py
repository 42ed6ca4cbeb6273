"""No team and no worker is held twice: asked of the rows themselves, past every policy."""

from collections.abc import Callable

OVERLAPPING = """
    select count(*) from (
        select b.starts_at, max(b.held_until) over (
            partition by {whose} order by b.starts_at, b.booking_id
            rows between unbounded preceding and 1 preceding
        ) as busy_until
        from {rows} where b.status in ('PENDING', 'CONFIRMED')
    ) visit where starts_at < busy_until
"""
OVERLAPPING_TEAMS = OVERLAPPING.format(whose="b.org_id, b.team_id", rows="bookings b")
OVERLAPPING_WORKERS = OVERLAPPING.format(
    whose="c.org_id, c.worker_id",
    rows="booking_crew c join bookings b on (b.org_id, b.booking_id) = (c.org_id, c.booking_id)",
)
CREW_OUT_OF_STEP = """
    select count(*) from booking_crew c join bookings b on (b.org_id, b.booking_id) = (c.org_id, c.booking_id)
    where (c.starts_at, c.held_until, c.live)
        is distinct from (b.starts_at, b.held_until, b.status in ('PENDING', 'CONFIRMED'))
"""


def assert_nothing_overlaps(execute: Callable[[str], str]) -> None:
    """`execute` asks as the superuser; the bookings of every organisation are looked at."""
    for question in (OVERLAPPING_TEAMS, OVERLAPPING_WORKERS, CREW_OUT_OF_STEP):
        assert execute(question).strip() == "0", question
