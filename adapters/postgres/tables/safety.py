"""Ways past read-only mode."""

from sqlalchemy import Column, LargeBinary, Table, Text, Uuid

from adapters.postgres.tables.metadata import Instant, metadata, org_id

break_glass_sessions = Table(
    "break_glass_sessions",
    metadata,
    org_id(),
    Column("break_glass_session_id", Uuid, primary_key=True),
    Column("token_sha256", LargeBinary, nullable=False),
    Column("reason", Text, nullable=False),
    Column("started_by", Text, nullable=False),
    Column("started_by_id", Uuid),
    Column("started_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("revoked_at", Instant),
    Column("revoked_by", Text),
)
