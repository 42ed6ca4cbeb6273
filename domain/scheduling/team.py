import re
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Self

from domain.scheduling.hours import Week
from domain.shared.errors import Conflict, FieldFault, Invalid
from domain.shared.ids import TeamId

_COLOR = re.compile(r"#[0-9a-f]{6}")


class TeamNameTaken(Conflict):
    code = "team_name_taken"

    def __init__(self, name: str) -> None:
        fault = FieldFault("name", "is another team's name")
        super().__init__(f"There is a team {name} already; case makes no difference.", errors=[fault])


class TeamInUse(Conflict):
    code = "team_in_use"

    def __init__(
        self, detail: str = "Workers, bookings or blackouts name this team, or did once; switch it off."
    ) -> None:
        super().__init__(detail)


class TeamInactive(Conflict):
    code = "team_inactive"

    def __init__(self, detail: str = "This team is switched off.") -> None:
        super().__init__(detail)


@dataclass(frozen=True, slots=True, kw_only=True)
class Team:
    """Who drives out together. `hours` None means: the organisation's default hours."""

    id: TeamId
    name: str
    color: str | None = None
    is_active: bool = True
    is_default: bool = False
    hours: Week | None = None
    version: int = 1
    created_at: datetime
    updated_at: datetime

    def __post_init__(self) -> None:
        if self.color is not None and not _COLOR.fullmatch(self.color):
            raise Invalid.field("color", "must look like #1f6feb")
        if self.is_default and not self.is_active:
            raise TeamInUse("The default team cannot be switched off; make another team the default first.")

    @property
    def name_key(self) -> str:
        """What must be unique in the organisation, and what lists are ordered by."""
        return self.name.casefold()

    def changed(self, now: datetime, **fields: object) -> Self:
        """The next version, or the very same team when nothing differs."""
        following = replace(self, **fields)  # type: ignore[arg-type]  # the caller names fields of a team
        return self if following == self else replace(following, version=self.version + 1, updated_at=now)
