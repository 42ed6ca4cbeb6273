"""Workers' clocks."""

from sqlalchemy import Column, Integer, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import ARRAY

from adapters.postgres.tables.metadata import Instant, metadata, org_id

time_entries = Table(
    "time_entries",
    metadata,
    org_id(),
    Column("entry_id", Uuid, primary_key=True),
    Column("booking_id", Uuid, nullable=False),
    Column("worker_id", Uuid, nullable=False),
    Column("state", Text, nullable=False),
    Column("segment_starts", ARRAY(Instant), nullable=False),
    Column("segment_ends", ARRAY(Instant), nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("last_ended_at", Instant),
    Column("finished_at", Instant),
    Column("overrun_reason", Text),
    Column("note", Text),
    Column("version", Integer, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
)
