"""Workers as they are sent and answered."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from application.booking.reassign_worker import ReassignWorker
from application.scheduling.add_worker import AddWorker
from application.scheduling.read_workers import WorkerView
from domain.identity.actor import Actor, Need
from domain.scheduling.worker import Skill, skill_faults
from domain.shared.errors import FieldFault
from domain.shared.ids import TeamId, UserId, WorkerId
from entrypoints.http.masking import as_seen_by
from entrypoints.http.texts import Email, Name, Phone
from entrypoints.http.values import Findings

RoleText = Annotated[str, Meta(max_length=120)]
Rate = Annotated[int, Meta(ge=0, le=1_000_000)]
REASSIGN_EXAMPLE: dict[str, Any] = {
    "from": "2026-12-01T00:00:00-05:00",
    "to": "2026-12-08T00:00:00-05:00",
    "dry_run": True,
}
WORKER_EXAMPLE: dict[str, Any] = {
    "name": "Ana Lima",
    "phone": "+1 555 010 0177",
    "role": "Lead cleaner",
    "skills": [{"tag": "windows", "expires_on": "2027-12-31"}],
}


class SkillBody(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    tag: Annotated[str, Meta(min_length=1, max_length=40)]
    expires_on: date | None = None


Skills = Annotated[list[SkillBody], Meta(max_length=30)]


class ReassignBody(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Jobs that start in `[from, to)`. Without `to_worker_id` their places fall free."""

    to_worker_id: UUID | None = None
    from_: datetime = msgspec.field(name="from")
    to: datetime
    dry_run: bool = True

    def command(self, worker_id: WorkerId) -> ReassignWorker:
        return ReassignWorker(
            worker_id=worker_id,
            to_worker_id=None if self.to_worker_id is None else WorkerId(self.to_worker_id),
            starts_from=self.from_,
            starts_before=self.to,
            dry_run=self.dry_run,
        )


class Skilled(msgspec.Struct):
    @classmethod
    def judge(cls, given: Mapping[str, Any], _: Findings) -> Iterable[FieldFault]:
        return skill_faults(_skills(given["skills"])) if "skills" in given else ()


class WorkerBody(Skilled, forbid_unknown_fields=True, kw_only=True):
    name: Name
    team_id: UUID | None = None
    phone: Phone | None = None
    email: Email | None = None
    role: RoleText | None = None
    skills: Skills = []
    hourly_rate_cents: Rate | None = None
    user_id: UUID | None = None
    is_active: bool = True

    def command(self) -> AddWorker:
        return AddWorker(
            name=self.name,
            team_id=None if self.team_id is None else TeamId(self.team_id),
            phone=self.phone,
            email=self.email,
            role=self.role or None,
            skills=_skills(self.skills),
            hourly_rate_cents=self.hourly_rate_cents,
            user_id=None if self.user_id is None else UserId(self.user_id),
            is_active=self.is_active,
        )


class WorkerChangeBody(Skilled, forbid_unknown_fields=True, kw_only=True):
    """What is left out stays; null takes away what may be absent."""

    name: Name | UnsetType = UNSET
    team_id: UUID | UnsetType = UNSET
    phone: Phone | UnsetType | None = UNSET
    email: Email | UnsetType | None = UNSET
    role: RoleText | UnsetType | None = UNSET
    skills: Skills | UnsetType = UNSET
    hourly_rate_cents: Rate | UnsetType | None = UNSET
    user_id: UUID | UnsetType | None = UNSET
    is_active: bool | UnsetType = UNSET
    unassign_future: bool = False

    def changes(self) -> dict[str, Any]:
        given = {name: getattr(self, name) for name in self.__struct_fields__ if name != "unassign_future"}
        changes = {name: value for name, value in given.items() if value is not UNSET}
        if not isinstance(self.skills, UnsetType):
            changes["skills"] = _skills(self.skills)
        if "role" in changes:
            changes["role"] = changes["role"] or None
        return changes


class WorkerAnswer(msgspec.Struct, kw_only=True):
    """`unassigned_booking_ids` is there after a change alone."""

    worker_id: UUID
    name: str
    team_id: UUID
    team_name: str
    phone: str | None
    email: str | None
    role: str | None
    skills: list[SkillBody]
    hourly_rate_cents: int | None
    user_id: UUID | None
    is_active: bool
    version: int
    created_at: datetime
    updated_at: datetime
    unassigned_booking_ids: list[UUID] | UnsetType = UNSET


def worker_answer(view: WorkerView, reader: Actor, *, changed: bool = False) -> WorkerAnswer:
    worker = view.worker
    sees_rate = reader.may(Need.FINANCE) or reader.may(Need.ADMIN)
    values = {
        "worker_id": worker.id,
        "name": worker.name,
        "team_id": worker.team_id,
        "team_name": view.team_name,
        "phone": worker.phone,
        "email": worker.email,
        "role": worker.role,
        "skills": [SkillBody(tag=skill.tag, expires_on=skill.expires_on) for skill in worker.skills],
        "hourly_rate_cents": worker.hourly_rate_cents if sees_rate else None,
        "user_id": worker.user_id,
        "is_active": worker.is_active,
        "version": worker.version,
        "created_at": worker.created_at,
        "updated_at": worker.updated_at,
    }
    unassigned = list[UUID](view.unassigned) if changed else UNSET
    return WorkerAnswer(**as_seen_by(reader.role, values), unassigned_booking_ids=unassigned)


def _skills(skills: list[SkillBody]) -> tuple[Skill, ...]:
    return tuple(Skill(skill.tag, skill.expires_on) for skill in skills)
