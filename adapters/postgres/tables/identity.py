"""Persons, memberships, sessions. `person_secrets` is not here: only doors reach it."""

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Integer,
    LargeBinary,
    Table,
    Text,
    Uuid,
)
from sqlalchemy.dialects.postgresql import ARRAY

from adapters.postgres.tables.metadata import Instant, metadata, org_id

persons = Table(
    "persons",
    metadata,
    Column("user_id", Uuid, primary_key=True),
    Column("email", Text, nullable=False),
    Column("email_norm", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("auth_epoch", Integer, nullable=False),
    Column("mfa_enabled", Boolean, nullable=False),
    Column("must_change_password", Boolean, nullable=False),
    Column("temp_password_until", Instant),
    Column("proven_at", Instant),
    Column("password_epoch", Integer, nullable=False),
)

auth_failures = Table(
    "auth_failures",
    metadata,
    Column("auth_failure_id", Uuid, primary_key=True),
    Column("occurred_at", Instant, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("email_key", LargeBinary, nullable=False),
    Column("ip", Text),
    Column("user_agent", Text),
    Column("request_id", Text, nullable=False),
    Column("lockout", Text),
    Column("user_id", Uuid, ForeignKey("persons.user_id")),
    Column("told_at", Instant),
)

throttle_counters = Table(
    "throttle_counters",
    metadata,
    Column("counter_key", LargeBinary, primary_key=True),
    Column("tries", ARRAY(Instant), nullable=False),
    Column("in_a_row", Integer, nullable=False),
    Column("known_until", Instant),
    Column("expires_at", Instant),
)

memberships = Table(
    "memberships",
    metadata,
    org_id(),
    Column("user_id", Uuid, ForeignKey("persons.user_id"), primary_key=True),
    Column("role", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    Column("name", Text),
    Column("last_login_at", Instant),
    Column("version", Integer, nullable=False),
    Column("name_key", Text),
    Column("joined", Boolean, nullable=False),
)

sessions = Table(
    "sessions",
    metadata,
    org_id(),
    Column("session_id", Uuid, primary_key=True),
    Column("user_id", Uuid, nullable=False),
    Column("generation", Integer, nullable=False),
    Column("auth_epoch", Integer, nullable=False),
    Column("auth_method", Text, nullable=False),
    Column("mfa_verified", Boolean, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("last_used_at", Instant, nullable=False),
    Column("proved_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("refresh_expires_at", Instant, nullable=False),
    Column("ends_at", Instant, nullable=False),
    Column("ip", Text),
    Column("user_agent", Text),
    Column("revoked_at", Instant),
    Column("revoked_reason", Text),
    ForeignKeyConstraint(["org_id", "user_id"], ["memberships.org_id", "memberships.user_id"]),
)

refresh_tokens = Table(
    "refresh_tokens",
    metadata,
    org_id(),
    Column("token_sha256", LargeBinary, primary_key=True),
    Column("session_id", Uuid, nullable=False),
    Column("generation", Integer, nullable=False),
    Column("issued_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("rotated_at", Instant),
    Column("sealed_child", LargeBinary),
    ForeignKeyConstraint(
        ["org_id", "session_id"], ["sessions.org_id", "sessions.session_id"], ondelete="CASCADE"
    ),
)

mailed_links = Table(
    "mailed_links",
    metadata,
    org_id(),
    Column("link_id", Uuid, primary_key=True),
    Column("user_id", Uuid, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("token_sha256", LargeBinary, nullable=False),
    Column("password_epoch", Integer, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("used_at", Instant),
    Column("voided_at", Instant),
    ForeignKeyConstraint(["org_id", "user_id"], ["memberships.org_id", "memberships.user_id"]),
)
