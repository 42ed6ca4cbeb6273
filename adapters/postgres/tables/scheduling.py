from sqlalchemy import ARRAY, BigInteger, Boolean, Column, Date, Integer, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB

from adapters.postgres.tables.metadata import Instant, metadata, org_id

teams = Table(
    "teams",
    metadata,
    org_id(),
    Column("team_id", Uuid, primary_key=True),
    Column("name", Text, nullable=False),
    Column("name_key", Text, nullable=False),
    Column("color", Text),
    Column("is_active", Boolean, nullable=False),
    Column("is_default", Boolean, nullable=False),
    Column("own_hours", Boolean, nullable=False),
    Column("version", Integer, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
)

teams_once_named = Table(
    "teams_once_named",
    metadata,
    org_id(),
    Column("team_id", Uuid, primary_key=True),
)

working_hours = Table(
    "working_hours",
    metadata,
    org_id(),
    Column("team_id", Uuid, primary_key=True),
    Column("day_of_week", Integer, primary_key=True),
    Column("start_minute", Integer, primary_key=True),
    Column("end_minute", Integer, nullable=False),
)

workers = Table(
    "workers",
    metadata,
    org_id(),
    Column("worker_id", Uuid, primary_key=True),
    Column("name", Text, nullable=False),
    Column("name_key", Text, nullable=False),
    Column("team_id", Uuid, nullable=False),
    Column("phone", Text),
    Column("email", Text),
    Column("role", Text),
    Column("role_key", Text, nullable=False),
    Column("search_key", Text, nullable=False),
    Column("hourly_rate_cents", Integer),
    Column("user_id", Uuid),
    Column("is_active", Boolean, nullable=False),
    Column("version", Integer, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
)

worker_skills = Table(
    "worker_skills",
    metadata,
    org_id(),
    Column("worker_id", Uuid, primary_key=True),
    Column("position", Integer, nullable=False),
    Column("tag", Text, nullable=False),
    Column("tag_key", Text, primary_key=True),
    Column("expires_on", Date),
)

blackouts = Table(
    "blackouts",
    metadata,
    org_id(),
    Column("blackout_id", Uuid, primary_key=True),
    Column("starts_at", Instant, nullable=False),
    Column("ends_at", Instant, nullable=False),
    Column("reason", Text),
    Column("team_id", Uuid),
    Column("worker_id", Uuid),
    Column("created_by", Uuid),
    Column("created_at", Instant, nullable=False),
)

booking_settings = Table(
    "booking_settings",
    metadata,
    org_id(),
    Column("slot_step_minutes", Integer, nullable=False),
    Column("min_notice_minutes", Integer, nullable=False),
    Column("horizon_days", Integer, nullable=False),
    Column("default_hours", JSONB, nullable=False),
    Column("online_booking", Boolean, nullable=False),
    Column("auto_confirm", Boolean, nullable=False),
    Column("pending_ttl_minutes", Integer, nullable=False),
    Column("deposit_bps", Integer, nullable=False),
    Column("deposit_min_cents", BigInteger, nullable=False),
    Column("deposit_max_cents", BigInteger, nullable=False),
    Column("high_value_cents", BigInteger, nullable=False),
    Column("flagged_postal_prefixes", ARRAY(Text), nullable=False),
    Column("office_email", Text),
    Column("version", Integer, nullable=False),
    Column("updated_at", Instant, nullable=False),
)
