"""The demo's story, as it is told around any day: nothing in it can be refused by the calendar."""

import itertools
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis.strategies import dates

from entrypoints.demo import company, story

ZONE = ZoneInfo(company.TIMEZONE)
ANY_DAY = dates(date(2024, 1, 1), date(2032, 12, 31))
LONGEST_VISIT = timedelta(hours=4)
TRAVEL = timedelta(minutes=30)


@given(ANY_DAY)
def test_it_is_the_same_story_each_time_with_months_of_past_and_weeks_ahead(today: date) -> None:
    told = story.visits(today)
    assert told == story.visits(today)
    first, last = (f(visit.starts_at for visit in told).date() for f in (min, max))
    assert today - first > timedelta(weeks=7)
    assert last - today > timedelta(weeks=2)
    assert len(told) > 150


@given(ANY_DAY)
def test_no_team_is_at_two_places_at_once(today: date) -> None:
    for team in range(len(company.TEAMS)):
        starts = sorted(visit.starts_at for visit in story.visits(today) if visit.team == team)
        assert all(later - earlier >= LONGEST_VISIT + TRAVEL for earlier, later in itertools.pairwise(starts))


@given(ANY_DAY)
def test_every_visit_is_arranged_before_it_begins_and_while_its_team_works(today: date) -> None:
    for visit in story.visits(today):
        local = visit.starts_at.astimezone(ZONE)
        opening = next(opens for day, opens, _ in company.TEAMS[visit.team].hours if day == local.weekday())
        assert visit.arranged_at < visit.starts_at
        assert local.time() >= datetime.strptime(opening, "%H:%M").time()  # noqa: DTZ007  # a wall clock


def test_everybody_has_an_address_of_their_own() -> None:
    everybody = [*story.clients(), *story.newcomers()]
    assert len({client.email for client in everybody}) == len(everybody)
    assert len({client.phone for client in everybody}) == len(everybody)
