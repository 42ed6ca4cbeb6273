from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Self

from domain.shared.errors import Conflict, FieldFault, Forbidden, Invalid
from domain.shared.ids import TeamId, UserId, WorkerId


class WorkerHasJobs(Conflict):
    code = "worker_has_jobs"

    def __init__(self) -> None:
        super().__init__("This worker has jobs to come. Give them to others, or send unassign_future: true.")


class WorkerInactive(Conflict):
    code = "worker_inactive"

    def __init__(self, detail: str = "This worker is switched off.") -> None:
        super().__init__(detail)


class UserNotWorker(Conflict):
    code = "user_not_worker"

    def __init__(self) -> None:
        fault = FieldFault("user_id", "must be a user with the role worker")
        super().__init__("This user's role is not worker.", errors=[fault])


class UserAlreadyLinked(Conflict):
    code = "user_already_linked"

    def __init__(self) -> None:
        fault = FieldFault("user_id", "is linked to another worker")
        super().__init__("Another worker has this login.", errors=[fault])


class WorkerNotLinked(Forbidden):
    code = "worker_not_linked"

    def __init__(self) -> None:
        super().__init__("Your account is not linked to a worker of this organisation.")


@dataclass(frozen=True, slots=True)
class Skill:
    """Good for days up to and including `expires_on`."""

    tag: str
    expires_on: date | None = None

    @property
    def key(self) -> str:
        return self.tag.strip().casefold()


def skill_keys(tags: Iterable[str], field: str = "skill_tags") -> tuple[str, ...]:
    """Tags as they are compared: trimmed and case-folded. Raises Invalid for a blank one."""
    keys = tuple(tag.strip().casefold() for tag in tags)
    if not all(keys):
        raise Invalid.field(field, "a tag must not be blank")
    return keys


def skill_faults(skills: Sequence[Skill]) -> list[FieldFault]:
    keys = [skill.key for skill in skills]
    return [
        FieldFault(f"skills/{index}/tag", "is named twice" if key else "must not be blank")
        for index, key in enumerate(keys)
        if not key or key in keys[:index]
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    id: WorkerId
    name: str
    team_id: TeamId
    phone: str | None = None
    email: str | None = None
    role: str | None = None  # free text, for people
    skills: tuple[Skill, ...] = ()
    hourly_rate_cents: int | None = None
    user_id: UserId | None = None  # the login of this worker
    is_active: bool = True
    version: int = 1
    created_at: datetime
    updated_at: datetime

    def __post_init__(self) -> None:
        if faults := skill_faults(self.skills):
            raise Invalid("These skills do not fit.", errors=faults)

    @property
    def name_key(self) -> str:
        return self.name.casefold()

    @property
    def search_key(self) -> str:
        """Where a searched text is looked for, itself case-folded."""
        return "\n".join((self.name, self.email or "", self.phone or "")).casefold()

    def matches(self, keys: Iterable[str], day: date) -> bool:
        """Whether every key is part of the role, or a skill that is still good on that day."""
        role = (self.role or "").casefold()
        good = {s.key for s in self.skills if s.expires_on is None or s.expires_on >= day}
        return all(key in role or key in good for key in keys)

    def changed(self, now: datetime, **fields: object) -> Self:
        """The next version, or the very same worker when nothing differs."""
        following = replace(self, **fields)  # type: ignore[arg-type]  # the caller names fields of a worker
        return self if following == self else replace(following, version=self.version + 1, updated_at=now)
