"""What is measured: the demo company with 100,000 bookings, its dispatcher's requests, times to book."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from adapters.postgres.embedded import EmbeddedPostgres
from tests.support.crowded import BOOKINGS, DAYS_AHEAD, TEAMS, crowd
from tests.support.demo import SLUG, Caller, demo_caller
from tests.support.live import LiveServer

VISITS_A_DAY = 31
BUSY_DAY = DAYS_AHEAD + 10  # days from today: the crowd's visits lie before it
FIRST_FREE_DAY, LAST_FREE_DAY = 60, 700
MINUTES, SPACING_MINUTES = 60, 90
A_ROUND_OF_CREATIONS = 6000


@dataclass(slots=True)
class Scene:
    """`reads` by name: the path that is asked. `starts` are free times, each handed out once."""

    token: str
    org_id: str
    day: date
    team_ids: list[str]
    reads: dict[str, str]
    starts: Iterator[tuple[str, datetime]]

    def describe(self) -> str:
        return (
            f"One worker, uvloop, httptools; a company with {BOOKINGS:,} bookings of {TEAMS} teams;"
            f" {VISITS_A_DAY} visits on the day that is listed."
        )

    def get(self, path: str) -> str:
        return f"GET {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {self.token}\r\n\r\n"

    def post(self, path: str, body: dict[str, Any]) -> str:
        text = json.dumps(body)
        return (
            f"POST {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {self.token}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(text)}\r\n\r\n{text}"
        )

    def creations(self) -> list[str]:
        """Bookings at times that nobody took before."""
        return [
            self.post("/v1/admin/bookings", _wanted(team_id, start))
            for team_id, start in islice(self.starts, A_ROUND_OF_CREATIONS)
        ]


def set_scene(server: LiveServer, home: Path) -> Scene:
    dispatcher = demo_caller(server, "dispatcher")
    org_id = dispatcher.get("/v1/auth/me")[1]["org_id"]
    with_years_of_bookings(home, UUID(org_id))
    _, teams = dispatcher.get("/v1/admin/teams?limit=200")
    team_ids = [team["team_id"] for team in teams["items"]]
    day = (datetime.now(UTC) + timedelta(days=BUSY_DAY)).date()
    for team_id, start in islice(_starts(team_ids, BUSY_DAY), VISITS_A_DAY):
        status, body = dispatcher.post("/v1/admin/bookings", _wanted(team_id, start))
        assert status == 201, body
    return Scene(
        token=dispatcher.token,
        org_id=org_id,
        day=day,
        team_ids=team_ids,
        reads={
            "constant": "/problems/not_found",
            "day list": f"/v1/admin/bookings?from={day}&to={day}&limit=50",
            "board": f"/v1/admin/schedule?day={day}",
            "slots": f"/v1/public/{SLUG}/slots?duration_minutes=120",
            **_questions_about_a_time(dispatcher, teams["items"]),
        },
        starts=_starts(team_ids, FIRST_FREE_DAY),
    )


def with_years_of_bookings(home: Path, org_id: UUID) -> None:
    """Through the database that the server brought along."""
    database = EmbeddedPostgres(home)
    database.start()
    try:
        crowd(database.execute, org_id, datetime.now(UTC))
    finally:
        database.release()


def _questions_about_a_time(dispatcher: Caller, teams: list[dict[str, Any]]) -> dict[str, str]:
    """In ten days: who is free before all teams are at work, and what a team can do instead when it is."""
    team_id = next(team["team_id"] for team in teams if team["name"] == "Team no 1")
    day = datetime.now(UTC) + timedelta(days=10)
    questions = {
        "suggestions": f"/v1/admin/schedule/suggestions?{_window(day, hour=4)}",
        "conflicts": f"/v1/admin/schedule/conflicts?{_window(day, hour=14)}&team_id={team_id}",
    }
    suggested, found = (dispatcher.get(path)[1] for path in questions.values())
    assert len(suggested["teams"]) >= TEAMS, suggested
    assert found["has_conflict"], found
    return questions


def _window(day: datetime, *, hour: int) -> str:
    start = day.replace(hour=hour, minute=0, second=0, microsecond=0)
    return urlencode({"starts_at": start.isoformat(), "ends_at": (start + timedelta(hours=2)).isoformat()})


def _starts(team_ids: list[str], from_day: int) -> Iterator[tuple[str, datetime]]:
    """All teams in turn, day after day, from 06:00 UTC; a visit's travel time lies between two of a team."""
    midnight = datetime.now(UTC).replace(hour=6, minute=0, second=0, microsecond=0)
    for number in range(from_day, LAST_FREE_DAY):
        for place in range((16 * 60) // SPACING_MINUTES):
            for team_id in team_ids:
                yield team_id, midnight + timedelta(days=number, minutes=place * SPACING_MINUTES)


def _wanted(team_id: str, start: datetime) -> dict[str, Any]:
    return {"team_id": team_id, "starts_at": start.isoformat(), "duration_minutes": MINUTES}
