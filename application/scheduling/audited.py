"""What the audit log keeps of the calendar: no names, numbers or addresses of people."""

from domain.scheduling.blackout import Blackout
from domain.scheduling.hours import Week, clock_text
from domain.scheduling.settings import BookingSettings
from domain.scheduling.team import Team
from domain.scheduling.worker import Worker


def audited_team(team: Team) -> dict[str, object]:
    return {
        "name": team.name,
        "color": team.color,
        "is_active": team.is_active,
        "is_default": team.is_default,
        "version": team.version,
    }


def audited_worker(worker: Worker) -> dict[str, object]:
    return {
        "team_id": str(worker.team_id),
        "user_id": None if worker.user_id is None else str(worker.user_id),
        "is_active": worker.is_active,
        "version": worker.version,
    }


def changed_fields(before: object, after: object, fields: tuple[str, ...]) -> list[str]:
    """Names of the fields that differ; their values stay out of the log."""
    return [name for name in fields if getattr(before, name) != getattr(after, name)]


def audited_hours(week: Week | None) -> list[str] | None:
    """`0 09:00-18:00` a line; None when the team inherits."""
    if week is None:
        return None
    return [f"{o.day_of_week} {clock_text(o.start_minute)}-{clock_text(o.end_minute)}" for o in week.openings]


def audited_blackout(blackout: Blackout) -> dict[str, object]:
    return {
        "scope": blackout.scope.value,
        "team_id": None if blackout.team_id is None else str(blackout.team_id),
        "worker_id": None if blackout.worker_id is None else str(blackout.worker_id),
        "starts_at": blackout.starts_at.isoformat(),
        "ends_at": blackout.ends_at.isoformat(),
    }


def audited_settings(settings: BookingSettings) -> dict[str, object]:
    plain = (
        "slot_step_minutes",
        "min_notice_minutes",
        "horizon_days",
        "online_booking",
        "auto_confirm",
        "pending_ttl_minutes",
        "deposit_bps",
        "deposit_min_cents",
        "deposit_max_cents",
        "high_value_cents",
        "version",
    )
    return {name: getattr(settings, name) for name in plain} | {
        "default_hours": audited_hours(settings.default_hours),
        "flagged_postal_prefixes": list(settings.flagged_postal_prefixes),
    }
