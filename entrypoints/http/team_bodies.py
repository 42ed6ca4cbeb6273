"""Teams and their hours as they are sent and answered."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from application.scheduling.read_teams import TeamView
from application.scheduling.working_hours import TeamHours
from domain.scheduling.hours import DAYS_A_WEEK, MOST_A_DAY, Opening, Week, clock_text
from domain.shared.errors import FieldFault
from entrypoints.http.values import Findings, faults_in

TeamName = Annotated[str, Meta(min_length=1, max_length=80)]
Color = Annotated[str, Meta(pattern="^#[0-9a-fA-F]{6}$", extra={"rule": "must be a colour like #1f6feb"})]
_CLOCK = "([01][0-9]|2[0-3]):[0-5][0-9]"
StartTime = Annotated[
    str, Meta(max_length=5, pattern=f"^{_CLOCK}$", extra={"rule": "must be a time as HH:MM"})
]
EndTime = Annotated[
    str,
    Meta(max_length=5, pattern=f"^({_CLOCK}|24:00)$", extra={"rule": "must be a time as HH:MM or 24:00"}),
]
TEAM_EXAMPLE = {"name": "North", "color": "#1f6feb"}
HOURS_EXAMPLE = {"hours": [{"day_of_week": 0, "start_time": "08:00", "end_time": "16:30"}]}


class TeamBody(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    name: TeamName
    color: Color | None = None
    is_active: bool = True
    is_default: bool = False


class TeamChangeBody(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What is left out stays."""

    name: TeamName | UnsetType = UNSET
    color: Color | UnsetType | None = UNSET
    is_active: bool | UnsetType = UNSET
    is_default: bool | UnsetType = UNSET

    def changes(self) -> dict[str, Any]:
        return {
            name: value.lower() if name == "color" and isinstance(value, str) else value
            for name in self.__struct_fields__
            if (value := getattr(self, name)) is not UNSET
        }


class TeamAnswer(msgspec.Struct, kw_only=True):
    team_id: UUID
    name: str
    color: str | None
    is_active: bool
    is_default: bool
    worker_count: int
    version: int
    created_at: datetime
    updated_at: datetime


def team_answer(view: TeamView) -> TeamAnswer:
    team = view.team
    return TeamAnswer(
        team_id=team.id,
        name=team.name,
        color=team.color,
        is_active=team.is_active,
        is_default=team.is_default,
        worker_count=view.worker_count,
        version=team.version,
        created_at=team.created_at,
        updated_at=team.updated_at,
    )


class OpeningBody(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    day_of_week: Annotated[int, Meta(ge=0, le=DAYS_A_WEEK - 1)]
    start_time: StartTime
    end_time: EndTime

    @classmethod
    def judge(cls, given: Mapping[str, Any], _: Findings) -> Iterable[FieldFault]:
        return faults_in(Opening.read, **given) if len(given) == len(cls.__struct_fields__) else ()


Openings = Annotated[list[OpeningBody], Meta(max_length=DAYS_A_WEEK * MOST_A_DAY)]


class HoursBody(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """The whole week; null is to inherit the organisation's."""

    hours: Openings | None

    @classmethod
    def judge(cls, given: Mapping[str, Any], _: Findings) -> Iterable[FieldFault]:
        return faults_in(week_of, given["hours"], "hours") if given.get("hours") is not None else ()


class HoursAnswer(msgspec.Struct, kw_only=True):
    team_id: UUID
    inherits: bool
    hours: list[OpeningBody]
    version: int  # of the team


def week_of(openings: list[OpeningBody], field: str) -> Week:
    """Raises Invalid with every fault at its pointer under `field`."""
    return Week.parse([(o.day_of_week, o.start_time, o.end_time) for o in openings], field)


def openings_of(week: Week) -> list[OpeningBody]:
    return [
        OpeningBody(
            day_of_week=opening.day_of_week,
            start_time=clock_text(opening.start_minute),
            end_time=clock_text(opening.end_minute),
        )
        for opening in week.openings
    ]


def hours_answer(hours: TeamHours) -> HoursAnswer:
    return HoursAnswer(
        team_id=hours.team.id,
        inherits=hours.inherits,
        hours=openings_of(hours.week),
        version=hours.team.version,
    )
