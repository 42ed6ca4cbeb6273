"""What leaves the system, and the pulses of the jobs."""

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from adapters.postgres.tables.metadata import Instant, metadata, org_id

outbox_events = Table(
    "outbox_events",
    metadata,
    org_id(),
    Column("event_id", Uuid, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("event_type", Text, nullable=False),
    Column("dedupe_key", Text, nullable=False),
    Column("resource_type", Text),
    Column("resource_id", Uuid),
    Column("payload", JSONB, nullable=False),
    Column("secret_sealed", LargeBinary),
    Column("status", Text, nullable=False),
    Column("outcome", Text),
    Column("attempts", Integer, nullable=False),
    Column("total_attempts", Integer, nullable=False),
    Column("leases_lost", Integer, nullable=False),
    Column("next_attempt_at", Instant),
    Column("expires_at", Instant),
    Column("lease_token", Uuid),
    Column("lease_runner", Text),
    Column("lease_started_at", Instant),
    Column("lease_expires_at", Instant),
    Column("last_error", Text),
    Column("created_at", Instant, nullable=False),
    Column("sent_at", Instant),
    Column("dead_at", Instant),
    Column("replay_count", Integer, nullable=False),
    Column("last_replayed_at", Instant),
    Column("last_replayed_by", Uuid),
    Column("request_id", Text, nullable=False),
    Column("traceparent", Text, nullable=False),
)

outbox_attempts = Table(
    "outbox_attempts",
    metadata,
    org_id(),
    Column("event_id", Uuid, primary_key=True),
    Column("attempt", Integer, primary_key=True),
    Column("started_at", Instant, nullable=False),
    Column("finished_at", Instant),
    Column("duration_ms", Integer),
    Column("outcome", Text, nullable=False),
    Column("error", Text),
    Column("http_status", Integer),
    Column("provider_message_id", Text),
    Column("runner", Text, nullable=False),
)

email_events = Table(
    "email_events",
    metadata,
    org_id(),
    Column("event_id", Uuid, primary_key=True),
    Column("email_type", Text, nullable=False),
    Column("template_version", Integer, nullable=False),
    Column("lead_id", Uuid),
    Column("booking_id", Uuid),
    Column("invoice_id", Uuid),
    Column("recipient", Text, nullable=False),
    Column("recipient_norm", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("provider_message_id", Text),
    Column("resend_of", Uuid),
    Column("created_at", Instant, nullable=False),
    Column("sent_at", Instant),
    Column("delivered_at", Instant),
    Column("bounced_at", Instant),
)

email_suppressions = Table(
    "email_suppressions",
    metadata,
    org_id(),
    Column("suppression_id", Uuid, primary_key=True),
    Column("recipient", Text),
    Column("recipient_norm", Text),
    Column("address_hash", LargeBinary),
    Column("scope", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("source_event_id", Uuid),
    Column("created_at", Instant, nullable=False),
)

job_heartbeats = Table(
    "job_heartbeats",
    metadata,
    Column("name", Text, primary_key=True),
    Column("last_heartbeat", Instant),
    Column("last_success_at", Instant),
    Column("last_error", Text),
    Column("last_error_at", Instant),
    Column("consecutive_failures", Integer, nullable=False),
    Column("running_since", Instant),
    Column("last_started_at", Instant),
    Column("last_duration_ms", BigInteger),
    Column("next_run_at", Instant),
    Column("runners", JSONB, nullable=False),
    Column("errors", JSONB, nullable=False),
)

circuit_breakers = Table(
    "circuit_breakers",
    metadata,
    Column("name", Text, primary_key=True),
    Column("faults", ARRAY(Instant), nullable=False),
    Column("open_until", Instant),
    Column("trial", Uuid),
    Column("trial_until", Instant),
    Column("opened_total", Integer, nullable=False),
)
