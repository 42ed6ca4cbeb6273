"""The two short lists that the catalogue proof holds every table, function and grant against."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

GLOBAL_TABLES: Mapping[str, str] = MappingProxyType(
    {
        "auth_failures": "refused proofs of identity, before it is known whose; insert only",
        "person_secrets": "as persons; the application reaches it through its doors alone",
        "persons": "somebody belongs to several organisations; no secret is here",
        "circuit_breakers": "whether a part of the world is worth calling is the installation's to know",
        "alembic_version": "how far the migrations have come; the application may only read it",
        "job_heartbeats": "jobs are the installation's; a pulse names no organisation",
        "orgs": "which organisations exist must be known before any of them is",
        "retired_slugs": "as orgs: a slug that one has left is refused to all others, for good",
        "throttle_counters": "wrong tries, before it is known whose; the keys are hashes",
    }
)
"""Tables without an organisation, each with its reason. At most a dozen."""

APPEND_ONLY = ("admin_audit_logs", "audit_heads", "booking_overrides", "price_books", "usage_events")
"""What the application can neither change nor delete."""

READ_ONLY = ("audit_heads",)
"""Nor add to."""


@dataclass(frozen=True, slots=True)
class Door:
    """A function that works past the policies, and all that its owner was granted for it."""

    reason: str
    reads: Mapping[str, Sequence[str]] = field(default_factory=dict)  # columns by table
    writes: Mapping[str, Sequence[str]] = field(
        default_factory=dict
    )  # insert, update, delete; global tables only
    within: Mapping[str, Mapping[str, Sequence[str]]] = field(
        default_factory=dict
    )  # columns by deed by table; of the pinned organisation alone, as the table's own policy says


_SECRETS: Mapping[str, Sequence[str]] = {
    "persons": ("user_id", "email_norm"),
    "person_secrets": (
        "user_id",
        "password_hash",
        "totp_secret",
        "totp_last_step",
        "pending_secret",
        "pending_until",
        "recovery_hashes",
    ),
}
_SECRET_CHANGES: Mapping[str, Sequence[str]] = {"person_secrets": ("insert", "update")}

_TOMBSTONES = ("org_id", "tombstone_id", "state", "next_attempt_at", "lease_expires_at")

DOORS: Mapping[str, Door] = MappingProxyType(
    {
        "session_state": Door(
            "the organisation of a bearer is a claim until its session was seen",
            reads={
                "sessions": (
                    "org_id",
                    "session_id",
                    "user_id",
                    "generation",
                    "auth_epoch",
                    "revoked_reason",
                    "expires_at",
                    "proved_at",
                    "mfa_verified",
                ),
                "memberships": ("org_id", "user_id", "role", "status"),
                "orgs": ("id", "status"),
                "persons": ("user_id", "auth_epoch", "must_change_password"),
            },
        ),
        "person_memberships": Door(
            "which organisation somebody logs in to, before they are in one",
            reads={
                "memberships": ("org_id", "user_id", "role", "status", "created_at"),
                "persons": ("user_id", "auth_epoch"),
                "sessions": (
                    "org_id",
                    "user_id",
                    "auth_epoch",
                    "created_at",
                    "expires_at",
                    "refresh_expires_at",
                    "revoked_at",
                ),
            },
        ),
        "refresh_token_org": Door(
            "a refresh token names no organisation", reads={"refresh_tokens": ("org_id", "token_sha256")}
        ),
        "mailed_link_org": Door(
            "a mailed link names no organisation", reads={"mailed_links": ("org_id", "token_sha256")}
        ),
        "login_secret": Door("what a login by e-mail must match", reads=_SECRETS),
        "step_up_secret": Door("what a signed-in person must match again", reads=_SECRETS),
        "set_person_password": Door("the table is granted to nobody", _SECRETS, _SECRET_CHANGES),
        "set_person_pending": Door("a factor that is enrolled and not yet on", _SECRETS, _SECRET_CHANGES),
        "set_person_factor": Door("a factor is on, or off", _SECRETS, _SECRET_CHANGES),
        "set_person_recovery_codes": Door("new ones void the old", _SECRETS, _SECRET_CHANGES),
        "spend_totp_step": Door("compare and set: one code, one success", _SECRETS, _SECRET_CHANGES),
        "spend_recovery_code": Door("each is good once", _SECRETS, _SECRET_CHANGES),
        "orgs_with_overdue_bookings": Door(
            "the expiry job visits only organisations that have something to expire",
            reads={"bookings": ("org_id", "status", "expires_at")},
        ),
        "orgs_with_stale_uploads": Door(
            "the janitor visits only organisations that have an upload which never ended",
            reads={"order_photos": ("org_id", "state", "uploaded_at")},
        ),
        "orgs_with_near_visits": Door(
            "the reminder job visits only organisations that have somebody to remind",
            reads={
                "orgs": ("id", "status"),
                "bookings": ("org_id", "booking_id", "status", "starts_at"),
                "outbox_events": ("org_id", "dedupe_key"),
            },
        ),
        "rehash_person_password": Door(
            "the same password under today's parameters", _SECRETS, _SECRET_CHANGES
        ),
        "delivery_queues": Door(
            "the installation's metrics count what waits, of no organisation in particular",
            reads={
                "outbox_events": (
                    "org_id",
                    "event_id",
                    "kind",
                    "status",
                    "next_attempt_at",
                    "lease_expires_at",
                )
            },
        ),
        "orgs_with_leftovers": Door(
            "housekeeping visits only organisations that have something to purge",
            reads={
                "orgs": ("id", "status"),
                "idempotency_keys": ("org_id", "expires_at"),
                "sessions": ("org_id", "refresh_expires_at"),
                "mailed_links": ("org_id", "purpose", "created_at", "used_at", "voided_at"),
            },
        ),
        "orgs_with_unsealed_audit": Door(
            "the sealer visits only organisations that have something to seal",
            reads={"admin_audit_logs": ("org_id", "audit_id", "seq")},
        ),
        "append_audit_seals": Door(
            "the application may not change a row of its log, also not to seal it",
            within={
                "admin_audit_logs": {
                    "select": ("org_id", "audit_id", "seq"),
                    "update": ("seq", "prev_hash", "hash"),
                },
                "audit_heads": {
                    "select": ("org_id", "seq", "hash"),
                    "insert": ("org_id", "seq", "hash", "sealed_at"),
                    "update": ("seq", "hash", "sealed_at"),
                },
            },
        ),
        "outbox_due_of": Door(
            "as outbox_due, while messages of some kinds must wait",
            reads={
                "outbox_events": ("org_id", "event_id", "kind", "next_attempt_at", "lease_expires_at"),
                "orgs": ("id", "status"),
            },
        ),
        "orgs_with_due_tombstones": Door(
            "the storage janitor visits only organisations that have something to delete",
            reads={"storage_tombstones": _TOMBSTONES},
        ),
        "storage_delete_queue": Door(
            "what the stores still hold and must not: counts of the whole installation",
            reads={"storage_tombstones": _TOMBSTONES},
        ),
        "outbox_held_by": Door(
            "a runner must learn what a dead one still holds before it can enter an organisation",
            reads={
                "outbox_events": (
                    "org_id",
                    "event_id",
                    "kind",
                    "next_attempt_at",
                    "lease_runner",
                    "lease_expires_at",
                )
            },
        ),
        "outbox_due": Door(
            "a runner must learn whose messages are due before it can enter an organisation",
            reads={
                "outbox_events": ("org_id", "event_id", "next_attempt_at", "lease_expires_at"),
                "orgs": ("id", "status"),
            },
        ),
    }
)
"""By name. They answer ids, states or counts only, and never write past an organisation's policy."""
