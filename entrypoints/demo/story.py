"""What happened at the demo company and what is planned: the same story each time, told around today.

A client who comes regularly has a cell of the week, a team's morning or afternoon, and a rhythm; so no two
visits of a team meet. The rest come once, where a cell is free.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from domain.shared.estimate import Home
from entrypoints.demo import company

WEEKS_BACK = 8
WEEKS_AHEAD = 4
DAYS_PLANNED = 5  # beyond them, some visits wait for their crew
CELL_STARTS = (time(9, 0), time(13, 30))  # the longest visit of the demo, with its travel, fits between
RHYTHM_WEEKS = {"weekly": 1, "biweekly": 2, "monthly": 4, "one_time": WEEKS_BACK + WEEKS_AHEAD}
CELLS = tuple(
    (team, day, start) for day in range(1, 5) for team in range(3) for start in range(len(CELL_STARTS))
)
"""Tuesday to Friday, when every team works; Mondays and late afternoons stay open for newcomers."""


@dataclass(frozen=True, slots=True)
class DemoClient:
    name: str
    number: int
    home: Home

    @property
    def email(self) -> str:
        return f"{self.name.lower().replace(' ', '.')}@example.com"

    @property
    def phone(self) -> str:
        return f"+1 416 555 {100 + self.number:04d}"

    @property
    def address(self) -> str:
        return f"{7 + 13 * self.number} {company.STREETS[self.number % len(company.STREETS)]}"


@dataclass(frozen=True, slots=True)
class DemoVisit:
    """`cancelled`: by whom, some time before; `crewed` false: still to be assigned."""

    client: DemoClient
    starts_at: datetime
    arranged_at: datetime
    team: int
    cancelled_by: str | None = None
    crewed: bool = True


def clients() -> list[DemoClient]:
    rhythms = ("weekly", *("biweekly",) * 2, "monthly", "biweekly", "one_time")
    return [
        DemoClient(name, number, _home(number, rhythms[number % len(rhythms)]))
        for number, name in enumerate(company.CLIENTS)
    ]


def visits(today: date) -> list[DemoVisit]:
    """In the order in which they were arranged, from `WEEKS_BACK` weeks ago to `WEEKS_AHEAD` ahead."""
    zone = ZoneInfo(company.TIMEZONE)
    first_monday = today - timedelta(days=today.weekday(), weeks=WEEKS_BACK)
    taken: set[tuple[int, int]] = set()
    found: list[DemoVisit] = []
    for client in clients():
        cell, weeks = _place(client, taken)
        team, day, start = CELLS[cell]
        for week in weeks:
            local = datetime.combine(first_monday + timedelta(weeks=week, days=day), CELL_STARTS[start], zone)
            found.append(_visit(client, local.astimezone(UTC), team, today, len(found)))
    return sorted(found, key=lambda visit: (visit.arranged_at, visit.client.number, visit.starts_at))


def _place(client: DemoClient, taken: set[tuple[int, int]]) -> tuple[int, list[int]]:
    """The first cell, from a place of their own on, that is free in every week of their rhythm."""
    every = RHYTHM_WEEKS[client.home.frequency]
    weeks = list(range(client.number // 2 % every, WEEKS_BACK + WEEKS_AHEAD, every))
    for step in range(len(CELLS)):
        cell = (client.number * 5 + step) % len(CELLS)
        wanted = {(cell, week) for week in weeks}
        if not wanted & taken:
            taken |= wanted
            return cell, weeks
    return 0, []  # the company is full: this one never got a visit


def _visit(client: DemoClient, starts_at: datetime, team: int, today: date, number: int) -> DemoVisit:
    ahead = (starts_at.date() - today).days
    return DemoVisit(
        client=client,
        starts_at=starts_at,
        arranged_at=starts_at - timedelta(days=9 + number % 5, hours=number % 7),
        team=team,
        cancelled_by={3: "client", 11: "office"}.get(number % 23),
        crewed=ahead < DAYS_PLANNED or number % 3 > 0,
    )


def _home(number: int, frequency: str) -> Home:
    return Home(
        beds=1 + number % 3,
        half_baths=2 + number % 2,
        frequency=frequency,
        service_type="deep" if frequency == "one_time" and number % 4 == 1 else "standard",
    )


def newcomers() -> Iterator[DemoClient]:
    """Who found the company on the web and waits for the office to answer."""
    for number, name in enumerate(("Valeria Conti", "Winston Clarke", "Zoe Maddox"), start=60):
        yield DemoClient(name, number, _home(number, "one_time"))
