"""The settings, by who reads them. Each field names its variable, default and bounds; the contract's pages
(identity §12, field operations §13, delivery §11) say what each means."""

from dataclasses import dataclass
from decimal import Decimal
from ipaddress import IPv4Network, IPv6Network
from typing import Literal
from uuid import UUID

from entrypoints.settings.parsing import (
    Secret,
    decimal,
    flag,
    listing,
    networks,
    one_of,
    secret,
    secrets_listing,
    text,
    uuid,
    whole,
)

Networks = tuple[IPv4Network | IPv6Network, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneralSettings:
    app_env: Literal["dev", "prod"] | None = one_of("APP_ENV", None, "dev", "prod")  # None: see load.py
    testing: bool = flag("TESTING", default=False)
    app_name: str = text("APP_NAME", "Sweepline")
    home: str | None = text("SWEEPLINE_HOME")
    public_base_url: str | None = text("PUBLIC_BASE_URL")
    default_org_id: UUID = uuid("DEFAULT_ORG_ID", "00000000-0000-0000-0000-000000000001")
    log_level: str = one_of("LOG_LEVEL", "INFO", "DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
    log_format: Literal["json", "text"] = one_of("LOG_FORMAT", "json", "json", "text")
    shutdown_delay_seconds: int = whole("SHUTDOWN_DELAY_SECONDS", 0, least=0, most=3600)
    shutdown_timeout_seconds: int = whole("SHUTDOWN_TIMEOUT_SECONDS", 20, most=3600)
    backup_dir: str = text("BACKUP_DIR", "./backups")
    backup_retention_days: int = whole("BACKUP_RETENTION_DAYS", 7, least=0)
    allow_create_in_dump: bool = flag("ALLOW_CREATE_IN_DUMP", default=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseSettings:
    url: Secret | None = secret("DATABASE_URL")
    owner_url: Secret | None = secret("DATABASE_OWNER_URL")
    statement_timeout_ms: int = whole("DATABASE_STATEMENT_TIMEOUT_MS", 5000)
    pool_size: int = whole("DATABASE_POOL_SIZE", 10, most=1000)
    pool_timeout_seconds: int = whole("DATABASE_POOL_TIMEOUT_SECONDS", 30, most=3600)
    prepared_statements: bool = flag("DATABASE_PREPARED_STATEMENTS", default=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthSettings:
    secret_key: Secret | None = secret("AUTH_SECRET_KEY")
    secret_key_previous: tuple[Secret, ...] = secrets_listing("AUTH_SECRET_KEY_PREVIOUS")
    field_encryption_keys: tuple[Secret, ...] = secrets_listing("FIELD_ENCRYPTION_KEYS")
    client_portal_secret: Secret | None = secret("CLIENT_PORTAL_SECRET")
    worker_portal_secret: Secret | None = secret("WORKER_PORTAL_SECRET")
    access_token_ttl_minutes: int = whole("AUTH_ACCESS_TOKEN_TTL_MINUTES", 15)
    session_ttl_minutes: int = whole("AUTH_SESSION_TTL_MINUTES", 1440)
    refresh_token_ttl_minutes: int = whole("AUTH_REFRESH_TOKEN_TTL_MINUTES", 20160)
    session_absolute_ttl_minutes: int = whole("AUTH_SESSION_ABSOLUTE_TTL_MINUTES", 43200)
    refresh_reuse_grace_seconds: int = whole("AUTH_REFRESH_REUSE_GRACE_SECONDS", 10, least=0, most=30)
    argon2_time_cost: int = whole("PASSWORD_HASH_ARGON2_TIME_COST", 2, least=2, most=100)
    argon2_memory_cost_kib: int = whole("PASSWORD_HASH_ARGON2_MEMORY_COST", 19456, least=19456, most=4194304)
    argon2_parallelism: int = whole("PASSWORD_HASH_ARGON2_PARALLELISM", 1, most=64)
    temp_password_ttl_minutes: int = whole("TEMP_PASSWORD_TTL_MINUTES", 1440)
    admin_mfa_required: bool = flag("ADMIN_MFA_REQUIRED", default=False)
    admin_mfa_required_roles: tuple[str, ...] = listing("ADMIN_MFA_REQUIRED_ROLES", ("owner", "admin"))


@dataclass(frozen=True, slots=True, kw_only=True)
class BasicSettings:
    """Legacy Basic callers. `enabled` None: true in dev, false in prod."""

    enabled: bool | None = flag("LEGACY_BASIC_AUTH_ENABLED", default=None)
    owner_username: str | None = text("OWNER_BASIC_USERNAME")
    owner_password: Secret | None = secret("OWNER_BASIC_PASSWORD")
    admin_username: str | None = text("ADMIN_BASIC_USERNAME")
    admin_password: Secret | None = secret("ADMIN_BASIC_PASSWORD")
    dispatcher_username: str | None = text("DISPATCHER_BASIC_USERNAME")
    dispatcher_password: Secret | None = secret("DISPATCHER_BASIC_PASSWORD")
    accountant_username: str | None = text("ACCOUNTANT_BASIC_USERNAME")
    accountant_password: Secret | None = secret("ACCOUNTANT_BASIC_PASSWORD")
    viewer_username: str | None = text("VIEWER_BASIC_USERNAME")
    viewer_password: Secret | None = secret("VIEWER_BASIC_PASSWORD")
    worker_username: str | None = text("WORKER_BASIC_USERNAME")
    worker_password: Secret | None = secret("WORKER_BASIC_PASSWORD")


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeSettings:
    admin_ip_allowlist_cidrs: Networks = networks("ADMIN_IP_ALLOWLIST_CIDRS")
    admin_read_only: bool = flag("ADMIN_READ_ONLY", default=False)
    rate_limit_per_minute: int = whole("RATE_LIMIT_PER_MINUTE", 30)
    rate_limit_caller_per_minute: int | None = whole(
        "RATE_LIMIT_CALLER_PER_MINUTE", None
    )  # None: 10 times the first
    admin_action_rate_limit_per_minute: int = whole("ADMIN_ACTION_RATE_LIMIT_PER_MINUTE", 5)
    redis_url: Secret | None = secret("REDIS_URL")
    rate_limit_redis_probe_seconds: int = whole("RATE_LIMIT_REDIS_PROBE_SECONDS", 5)
    rate_limit_cleanup_minutes: int = whole("RATE_LIMIT_CLEANUP_MINUTES", 10)
    trust_proxy_headers: bool = flag("TRUST_PROXY_HEADERS", default=False)
    trusted_proxy_ips: Networks = networks("TRUSTED_PROXY_IPS")
    trusted_proxy_cidrs: Networks = networks("TRUSTED_PROXY_CIDRS")
    cors_origins: tuple[str, ...] = listing("CORS_ORIGINS")
    strict_cors: bool = flag("STRICT_CORS", default=False)
    strict_policy_mode: bool = flag("STRICT_POLICY_MODE", default=False)
    captcha_mode: Literal["off", "turnstile"] = one_of("CAPTCHA_MODE", "off", "off", "turnstile")
    turnstile_secret_key: Secret | None = secret("TURNSTILE_SECRET_KEY")
    turnstile_site_key: str | None = text("TURNSTILE_SITE_KEY")
    metrics_enabled: bool = flag("METRICS_ENABLED", default=True)
    metrics_token: Secret | None = secret("METRICS_TOKEN")


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldSettings:
    deposits_enabled: bool = flag("DEPOSITS_ENABLED", default=True)
    deposit_percent: Decimal = decimal("DEPOSIT_PERCENT", "0.25", least="0", most="1", places=4)
    public_leads_per_hour: int = whole("PUBLIC_LEADS_PER_HOUR", 20)
    public_bookings_per_contact: int = whole("PUBLIC_BOOKINGS_PER_CONTACT", 3)
    unsolicited_mails_per_day: int = whole("UNSOLICITED_MAILS_PER_DAY", 3)
    pending_booking_ttl_minutes: int = whole("PENDING_BOOKING_TTL_MINUTES", 30)
    lead_token_ttl_hours: int = whole("LEAD_TOKEN_TTL_HOURS", 24)
    time_overrun_reason_threshold: Decimal = decimal(
        "TIME_OVERRUN_REASON_THRESHOLD", "1.2", least="1", most="100", places=4
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageSettings:
    backend: str = one_of(
        "ORDER_STORAGE_BACKEND",
        "local",
        "local",
        "r2",
        "cloudflare_r2",
        "s3",
        "cloudflare_images",
        "cf_images",
        "memory",
    )
    upload_root: str = text("ORDER_UPLOAD_ROOT", "tmp")
    r2_bucket: str | None = text("R2_BUCKET")
    r2_access_key: Secret | None = secret("R2_ACCESS_KEY")
    r2_secret_key: Secret | None = secret("R2_SECRET_KEY")
    r2_endpoint: str | None = text("R2_ENDPOINT")
    r2_region: str = text("R2_REGION", "auto")
    cf_images_account_id: str | None = text("CF_IMAGES_ACCOUNT_ID")
    cf_images_account_hash: str | None = text("CF_IMAGES_ACCOUNT_HASH")
    cf_images_api_token: Secret | None = secret("CF_IMAGES_API_TOKEN")
    cf_images_signing_key: Secret | None = secret("CF_IMAGES_SIGNING_KEY")
    cf_images_default_variant: str = text("CF_IMAGES_DEFAULT_VARIANT", "public")
    cf_images_thumbnail_variant: str = text("CF_IMAGES_THUMBNAIL_VARIANT", "thumbnail")
    photo_max_bytes: int = whole("ORDER_PHOTO_MAX_BYTES", 10485760)
    photo_max_pixels: int = whole("ORDER_PHOTO_MAX_PIXELS", 40000000)
    photo_allowed_mimes: tuple[str, ...] = listing(
        "ORDER_PHOTO_ALLOWED_MIMES", ("image/jpeg", "image/png", "image/webp")
    )
    photo_url_ttl_seconds: int = whole("PHOTO_URL_TTL_SECONDS", 60, least=5, most=3600)
    photo_download_redirect_status: int = one_of("PHOTO_DOWNLOAD_REDIRECT_STATUS", 302, 302, 307)
    photo_token_bind_ua: bool = flag("PHOTO_TOKEN_BIND_UA", default=True)
    photo_token_one_time: bool = flag("PHOTO_TOKEN_ONE_TIME", default=False)
    photo_token_secret: Secret | None = secret("PHOTO_TOKEN_SECRET")
    photo_signing_secret: Secret | None = secret("ORDER_PHOTO_SIGNING_SECRET")
    timeout_seconds: int = whole("STORAGE_TIMEOUT_SECONDS", 10, most=3600)
    delete_batch_size: int = whole("STORAGE_DELETE_BATCH_SIZE", 50, most=10000)
    delete_max_attempts: int = whole("STORAGE_DELETE_MAX_ATTEMPTS", 5, most=50)
    delete_retry_interval_seconds: int = whole("STORAGE_DELETE_RETRY_INTERVAL_SECONDS", 30)


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxSettings:
    base_backoff_seconds: int = whole("OUTBOX_BASE_BACKOFF_SECONDS", 30, least=0, most=3600)
    max_backoff_seconds: int = whole("OUTBOX_MAX_BACKOFF_SECONDS", 3600)
    max_attempts: int = whole("OUTBOX_MAX_ATTEMPTS", 5, most=50)
    lease_seconds: int = whole("OUTBOX_LEASE_SECONDS", 60, least=10, most=86400)
    concurrency: int = whole("OUTBOX_CONCURRENCY", 16, most=1000)
    org_concurrency: int = whole("OUTBOX_ORG_CONCURRENCY", 4, most=1000)
    scheduler_token: Secret | None = secret("SCHEDULER_TOKEN")
    job_heartbeat_required: bool = flag("JOB_HEARTBEAT_REQUIRED", default=False)
    job_heartbeat_ttl_seconds: int = whole("JOB_HEARTBEAT_TTL_SECONDS", 300)


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionSettings:
    """Days by class, 0: for good."""

    outbox_days: int = whole("RETENTION_OUTBOX_DAYS", 30, least=0, most=36500)
    outbox_dead_days: int = whole("RETENTION_OUTBOX_DEAD_DAYS", 90, least=0, most=36500)
    email_days: int = whole("RETENTION_EMAIL_DAYS", 365, least=0, most=36500)
    export_days: int = whole("RETENTION_EXPORT_DAYS", 90, least=0, most=36500)
    session_days: int = whole("RETENTION_SESSION_DAYS", 30, least=0, most=36500)
    chunk: int = whole("RETENTION_CHUNK", 200, most=10000)


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailSettings:
    """`mode` None: `file` in dev, `off` in prod. Retries and backoff None: the outbox's."""

    mode: Literal["off", "file", "smtp", "sendgrid"] | None = one_of(
        "EMAIL_MODE", None, "off", "file", "smtp", "sendgrid"
    )
    sender: str | None = text("EMAIL_FROM")
    sender_name: str | None = text("EMAIL_FROM_NAME")
    sendgrid_api_key: Secret | None = secret("SENDGRID_API_KEY")
    sendgrid_event_public_key: str | None = text("SENDGRID_EVENT_PUBLIC_KEY")
    smtp_host: str | None = text("SMTP_HOST")
    smtp_port: int = whole("SMTP_PORT", 587, most=65535)
    smtp_username: str | None = text("SMTP_USERNAME")
    smtp_password: Secret | None = secret("SMTP_PASSWORD")
    smtp_use_tls: bool = flag("SMTP_USE_TLS", default=True)
    timeout_seconds: int = whole("EMAIL_TIMEOUT_SECONDS", 10, most=3600)
    smtp_timeout_seconds: int | None = whole("SMTP_TIMEOUT_SECONDS", None, most=3600)  # None: the former
    max_retries: int | None = whole("EMAIL_MAX_RETRIES", None, least=0, most=49)
    retry_backoff_seconds: int | None = whole("EMAIL_RETRY_BACKOFF_SECONDS", None, least=0, most=3600)
    circuit_failure_threshold: int = whole("EMAIL_CIRCUIT_FAILURE_THRESHOLD", 5)
    circuit_window_seconds: int = whole("EMAIL_CIRCUIT_WINDOW_SECONDS", 60)
    circuit_recovery_seconds: int = whole("EMAIL_CIRCUIT_RECOVERY_SECONDS", 30)
    unsubscribe_secrets: tuple[Secret, ...] = secrets_listing("EMAIL_UNSUBSCRIBE_SECRET")  # the first signs
    temp_passwords: bool = flag("EMAIL_TEMP_PASSWORDS", default=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportSettings:
    """Retries and backoffs None: the outbox's. Allowed hosts empty: the host of the URL."""

    mode: Literal["off", "webhook", "sheets"] = one_of("EXPORT_MODE", "off", "off", "webhook", "sheets")
    webhook_url: Secret | None = secret("EXPORT_WEBHOOK_URL")
    webhook_secret: Secret | None = secret("EXPORT_WEBHOOK_SECRET")
    webhook_allowed_hosts: tuple[str, ...] = listing("EXPORT_WEBHOOK_ALLOWED_HOSTS")
    webhook_allow_http: bool = flag("EXPORT_WEBHOOK_ALLOW_HTTP", default=False)
    webhook_block_private_ips: bool = flag("EXPORT_WEBHOOK_BLOCK_PRIVATE_IPS", default=True)
    webhook_timeout_seconds: int = whole("WEBHOOK_TIMEOUT_SECONDS", 15, most=3600)
    export_webhook_timeout_seconds: int = whole("EXPORT_WEBHOOK_TIMEOUT_SECONDS", 5, most=3600)
    webhook_max_retries: int | None = whole("WEBHOOK_MAX_RETRIES", None, least=0, most=49)
    webhook_backoff_seconds: int | None = whole("WEBHOOK_BACKOFF_SECONDS", None, least=0, most=3600)
    export_webhook_max_retries: int | None = whole("EXPORT_WEBHOOK_MAX_RETRIES", None, least=0, most=49)
    export_webhook_backoff_seconds: int | None = whole(
        "EXPORT_WEBHOOK_BACKOFF_SECONDS", None, least=0, most=3600
    )
    dlq_auto_replay_enabled: bool = flag("DLQ_AUTO_REPLAY_ENABLED", default=False)
    dlq_allow_outbox_kinds: tuple[str, ...] = listing("DLQ_AUTO_REPLAY_ALLOW_OUTBOX_KINDS")
    dlq_allow_export_modes: tuple[str, ...] = listing("DLQ_AUTO_REPLAY_ALLOW_EXPORT_MODES")
    dlq_min_age_minutes: int = whole("DLQ_AUTO_REPLAY_MIN_AGE_MINUTES", 60)
    dlq_max_per_org: int = whole("DLQ_AUTO_REPLAY_MAX_PER_ORG", 5)
    dlq_failure_streak_limit: int = whole("DLQ_AUTO_REPLAY_FAILURE_STREAK_LIMIT", 3)
    dlq_outbox_attempt_ceiling: int = whole("DLQ_AUTO_REPLAY_OUTBOX_ATTEMPT_CEILING", 7)
    dlq_export_replay_limit: int = whole("DLQ_AUTO_REPLAY_EXPORT_REPLAY_LIMIT", 2)
    dlq_export_cooldown_minutes: int = whole("DLQ_AUTO_REPLAY_EXPORT_COOLDOWN_MINUTES", 120)


@dataclass(frozen=True, slots=True, kw_only=True)
class StripeSettings:
    secret_key: Secret | None = secret("STRIPE_SECRET_KEY")
    webhook_secret: Secret | None = secret("STRIPE_WEBHOOK_SECRET")
