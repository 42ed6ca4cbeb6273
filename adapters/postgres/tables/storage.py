"""What is stored outside the database, as far as the database must know."""

from sqlalchemy import Column, Integer, Table, Text, Uuid

from adapters.postgres.tables.metadata import Instant, metadata, org_id

storage_tombstones = Table(
    "storage_tombstones",
    metadata,
    org_id(),
    Column("tombstone_id", Uuid, primary_key=True),
    Column("booking_id", Uuid, nullable=False),
    Column("photo_id", Uuid, nullable=False),
    Column("variant", Text, nullable=False),
    Column("object_key", Text, nullable=False),
    Column("stored_key", Text),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("last_error", Text),
    Column("next_attempt_at", Instant, nullable=False),
    Column("lease_expires_at", Instant),
    Column("created_at", Instant, nullable=False),
)
