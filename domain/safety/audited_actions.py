"""Every action that the audit log knows, with all that its `before` and `after` may hold.

What is not listed is not kept, so a field that joins an entity does not join the log by itself. Of personal
fields the log tells that they are there, never what they say: erasing a person must not rewrite it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from domain.shared.redaction import redact

PERSONAL = "<personal>"
BREAK_GLASS_WRITE = "break_glass_write"


@dataclass(frozen=True, slots=True)
class AuditedAction:
    """`means` is for people who read the log."""

    means: str
    keeps: tuple[str, ...] = ()
    personal: tuple[str, ...] = ()

    def kept(self, values: Mapping[str, object] | None) -> dict[str, object] | None:
        """What may stand in `before` or `after`."""
        if values is None:
            return None
        told = {name: _cleaned(name, value) for name, value in values.items() if name in self.keeps}
        hidden = {name: values[name] and PERSONAL for name in self.personal if name in values}
        return told | hidden


FREE = frozenset({"cancel_reason"})  # what people type, and so may hold somebody's number


def _cleaned(name: str, value: object) -> object:
    return redact(value) if name in FREE else value


_ADD_ON = ("code", "name", "price_cents", "minutes", "is_active")
_BLACKOUT = ("scope", "team_id", "worker_id", "starts_at", "ends_at")
_BOOKING = (
    "status",
    "source",
    "lead_id",
    "team_id",
    "worker_ids",
    "starts_at",
    "ends_at",
    "service_type",
    "add_ons",
    "deposit_required",
    "deposit_cents",
    "deposit_status",
    "actual_duration_minutes",
    "risk_band",
    "cancellation_exception",
    "cancelled_by",
    "cancel_reason",
    "version",
)
_LEAD = ("status", "source", "total_before_tax_cents", "price_book_version")
_ORG = ("slug", "status", "name", "timezone", "currency", "travel_buffer_minutes", "branding", "contact")
_RESEND = ("event_id", "email_type", "resend_of")
_PHOTO = (
    "order_id",
    "phase",
    "content_type",
    "size_bytes",
    "review_status",
    "replaces",
    "replaced_by",
    "version",
)
_SETTINGS = (
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
    "default_hours",
    "flagged_postal_prefixes",
    "changed",
)
_TEAM = ("name", "color", "is_active", "is_default", "version")
_TIME = ("entry_id", "worker_id", "state", "segments", "overrun_reason", "version")
_USER = (
    "role",
    "status",
    "delivery",
    "worker_id",
    "must_change_password",
    "mfa_enabled",
    "sessions",
    "sessions_revoked",
)
_WORKER = ("team_id", "user_id", "is_active", "version", "changed")

IDENTITY = {
    "login": AuditedAction("Somebody signed in."),
    "login_throttled": AuditedAction("Ten wrong passwords in a quarter of an hour: the next ones wait."),
    "login_locked": AuditedAction("A hundred wrong passwords in a row: locked until a reset."),
    "second_factor_locked": AuditedAction("Five wrong codes after the right password: the next ones wait."),
    "logout": AuditedAction("Somebody signed out.", ("state",)),
    "logout_all": AuditedAction("Somebody ended the own sessions everywhere.", ("revoked",)),
    "session_revoked": AuditedAction("Somebody ended one of the own sessions.", ("state",)),
    "refresh_reused": AuditedAction("A spent refresh token was used again; its family ended."),
    "change_password": AuditedAction("Somebody changed the own password.", ("must_change_password",)),
    "step_up": AuditedAction("Somebody proved again who they are."),
    "user_create": AuditedAction("The operator added a member.", _USER),
    "create_user": AuditedAction("A colleague was added or invited.", _USER),
    "resend_invitation": AuditedAction("An invitation was sent again.", _USER),
    "accept_invitation": AuditedAction("Somebody accepted an invitation.", _USER),
    "reset_temp_password": AuditedAction("A colleague's password was reset.", _USER),
    "change_role": AuditedAction("A colleague has another role.", _USER),
    "deactivate_user": AuditedAction("A colleague was shut out.", _USER),
    "reactivate_user": AuditedAction("A colleague was let in again.", _USER),
    "logout_user": AuditedAction("A colleague's sessions were ended.", _USER),
    "password_reset_request": AuditedAction("A link to reset a password was sent."),
    "password_reset": AuditedAction("A password was reset by a mailed link.", _USER),
    "mfa_enroll": AuditedAction("Somebody got a secret for an authenticator."),
    "mfa_recovery_codes": AuditedAction("Somebody got new recovery codes."),
    "mfa_enabled": AuditedAction("A second factor was switched on.", _USER),
    "mfa_disabled": AuditedAction("A second factor was taken away.", _USER),
}
TENANCY = {
    "org_created": AuditedAction("The organisation was founded.", _ORG),
    "org_updated": AuditedAction("Settings of the organisation changed.", _ORG),
    "org_suspended": AuditedAction("The operator suspended the organisation.", (*_ORG, "sessions_revoked")),
    "org_resumed": AuditedAction("The operator let the organisation in again.", _ORG),
}
PRICING = {
    "price_book_update": AuditedAction("A new version of the price book.", ("version",)),
    "addon_create": AuditedAction("An add-on was added.", _ADD_ON),
    "addon_update": AuditedAction("An add-on changed.", _ADD_ON),
}
LEADS = {
    "lead_create": AuditedAction("A request came in or was taken down.", _LEAD),
    "lead_update": AuditedAction("Details of a request changed.", ("changed",)),
    "lead_estimate": AuditedAction("A request was priced again.", _LEAD),
    "lead_status_update": AuditedAction("A request moved on.", ("status",)),
}
SCHEDULING = {
    "team_create": AuditedAction("A team was added.", _TEAM),
    "team_update": AuditedAction("A team changed.", _TEAM),
    "team_delete": AuditedAction("A team was deleted.", _TEAM),
    "worker_create": AuditedAction("A worker was added.", _WORKER),
    "worker_update": AuditedAction("A worker changed.", _WORKER),
    "working_hours_update": AuditedAction("A team's hours changed.", ("hours",)),
    "blackout_create": AuditedAction("A closed time was added.", _BLACKOUT),
    "blackout_delete": AuditedAction("A closed time was lifted.", _BLACKOUT),
    "booking_settings_update": AuditedAction("Rules of booking changed.", _SETTINGS),
}
BOOKING = {
    f"booking_{verb}": AuditedAction(means, _BOOKING)
    for verb, means in (
        ("create", "A visit was booked."),
        ("update", "What the crew reads of a visit changed."),
        ("confirm", "A visit was confirmed."),
        ("reschedule", "A visit has a new time or team."),
        ("assign", "Workers were assigned to a visit."),
        ("unassign", "Workers were taken off a visit."),
        ("cancel", "A visit was cancelled."),
        ("complete", "A visit was done."),
        ("expire", "A visit that nobody confirmed was set free."),
        ("override", "An administrator decided otherwise than a visit's terms."),
        ("addons", "A visit has other extras."),
    )
}
FIELDWORK = {
    f"time_{verb}": AuditedAction(means, _TIME)
    for verb, means in (
        ("start", "A worker's clock was started."),
        ("pause", "A worker's clock was paused."),
        ("resume", "A worker's clock went on."),
        ("finish", "A worker's clock was finished."),
        ("correct", "The office corrected the times of a clock."),
    )
}

PHOTOS = {
    "photo_consent": AuditedAction("What a client said of photos was written down.", ("consent_photos",)),
    "photo_upload": AuditedAction("A photo was uploaded.", _PHOTO),
    "photo_review": AuditedAction("A photo was approved, or is to be taken again.", _PHOTO),
    "photo_delete": AuditedAction("A photo was deleted.", _PHOTO),
}
SAFETY = {
    "break_glass_start": AuditedAction("Somebody started break-glass.", ("expires_at",)),
    "break_glass_revoke": AuditedAction("A break-glass token was revoked.", ("status",)),
    BREAK_GLASS_WRITE: AuditedAction("A write under a break-glass token.", ("method", "route", "status")),
}

COMPLIANCE = {
    "retention_cleanup": AuditedAction("What was past its time went.", ("class", "cutoff", "done")),
}
DELIVERY = {
    "outbox_replay": AuditedAction(
        "A dead message was sent on its way again.", ("status", "last_error", "replay_count")
    ),
    "outbox_bulk_replay": AuditedAction(
        "Dead messages were sent on their way again.", ("replayed", "event_ids")
    ),
    "tombstone_retry": AuditedAction(
        "A stored object that must be gone is due to be deleted again.", ("state", "attempts")
    ),
    "messaging_resend_email": AuditedAction("A mail to a client was sent anew.", _RESEND),
    "booking_resend_email": AuditedAction("The last mail about a visit was sent anew.", _RESEND),
    "suppression_remove": AuditedAction("An address may get mail again.", ("scope", "reason")),
    "export_replay": AuditedAction(
        "A dead export was sent on its way again.", ("status", "last_error", "replay_count")
    ),
    "export_bulk_replay": AuditedAction(
        "Dead exports were sent on their way again.", ("replayed", "event_ids")
    ),
    "export_payload_read": AuditedAction("Somebody read what a dead export says."),
    "export_content_read": AuditedAction("Somebody fetched what an export says.", ("mode",)),
}

ACTIONS: Mapping[str, AuditedAction] = MappingProxyType(
    {
        **IDENTITY,
        **TENANCY,
        **PRICING,
        **LEADS,
        **SCHEDULING,
        **BOOKING,
        **FIELDWORK,
        **PHOTOS,
        **SAFETY,
        **COMPLIANCE,
        **DELIVERY,
    }
)
"""By name. A context adds its own above; `docs/audit.md` lists them for people."""
