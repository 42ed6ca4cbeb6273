"""Tables that no context owns alone."""

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB

from adapters.postgres.tables.metadata import Instant, metadata, org_id

orgs = Table(
    "orgs",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("slug", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
)

retired_slugs = Table(
    "retired_slugs",
    metadata,
    Column("slug", Text, primary_key=True),
    Column("left_by", Uuid, nullable=False),
    Column("retired_at", Instant, nullable=False),
)

org_profiles = Table(
    "org_profiles",
    metadata,
    org_id(),
    Column("name", Text, nullable=False),
    Column("timezone", Text, nullable=False),
    Column("currency", Text, nullable=False),
    Column("travel_buffer_minutes", Integer, nullable=False),
    Column("branding_display_name", Text),
    Column("branding_logo_url", Text),
    Column("branding_primary_color", Text, nullable=False),
    Column("branding_email_from_name", Text),
    Column("branding_reply_to", Text),
    Column("branding_footer_text", Text),
    Column("contact_email", Text),
    Column("contact_phone", Text),
    Column("contact_address", Text),
    Column("contact_country", Text),
    Column("version", Integer, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
)

admin_audit_logs = Table(
    "admin_audit_logs",
    metadata,
    org_id(),
    Column("audit_id", Uuid, primary_key=True),
    Column("seq", BigInteger),
    Column("created_at", Instant, nullable=False),
    Column("action", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("actor_id", Uuid),
    Column("role", Text),
    Column("auth_method", Text, nullable=False),
    Column("resource_type", Text, nullable=False),
    Column("resource_id", Uuid),
    Column("reason", Text),
    Column("before", JSONB(none_as_null=True)),
    Column("after", JSONB(none_as_null=True)),
    Column("request_id", Text, nullable=False),
    Column("ip", Text),
    Column("user_agent", Text),
    Column("break_glass_session_id", Uuid),
    Column("prev_hash", LargeBinary),
    Column("hash", LargeBinary),
)

audit_heads = Table(
    "audit_heads",
    metadata,
    org_id(),
    Column("seq", BigInteger, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Column("sealed_at", Instant, nullable=False),
)

usage_events = Table(
    "usage_events",
    metadata,
    org_id(),
    Column("usage_id", Uuid, primary_key=True),
    Column("metric", Text, nullable=False),
    Column("quantity", BigInteger, nullable=False),
    Column("resource_id", Uuid, nullable=False),
    Column("recorded_at", Instant, nullable=False),
)

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    org_id(),
    Column("caller", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("method", Text, nullable=False),
    Column("path", Text, nullable=False),
    Column("body_hash", LargeBinary, nullable=False),
    Column("state", Text, nullable=False),
    Column("status", Integer),
    Column("body", LargeBinary),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
)
