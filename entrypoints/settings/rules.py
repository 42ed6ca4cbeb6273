"""What settings may not be together: in any environment, and in production (identity page, §11).

Each rule yields faults with their remedy; none shows a value.
"""

from base64 import b64decode
from collections.abc import Callable, Iterator
from itertools import combinations

from application.delivery.compose import ascii_address
from application.delivery.webhook_signature import signing_key
from domain.delivery.faults import DeliveryFailed
from domain.delivery.target import normal_host
from entrypoints.settings.addresses import addresses, fits_header, is_http
from entrypoints.settings.groups import BasicSettings
from entrypoints.settings.load import Settings, is_loopback
from entrypoints.settings.parsing import Fault, Secret

SECRET_LENGTH = 32
FIELD_KEY_BYTES = 32
TOKEN_LENGTH = 16
BASIC_PASSWORD_LENGTH = 15
STAFF_ROLES = frozenset({"owner", "admin", "dispatcher", "finance", "viewer", "worker"})
CLOUDFLARE_BACKENDS = frozenset({"cloudflare_images", "cf_images"})
S3_BACKENDS = frozenset({"r2", "cloudflare_r2", "s3"})
OUTBOX_KINDS = frozenset({"email", "webhook", "export"})
EXPORT_MODES = frozenset({"webhook", "sheets", "accounting_csv"})
DECODABLE = frozenset({"image/jpeg", "image/png", "image/webp"})
PLACEHOLDERS = ("change", "placeholder", "example", "replace", "insert")  # no random text says so
FILLERS = ("secret", "password", "default", "key", "super", "your", "my", "the", "xxx")
LEAST_VARIETY = 8  # different characters beside the fillers
BASIC_ROLES = ("owner", "admin", "dispatcher", "accountant", "viewer", "worker")

Rule = Callable[[Settings], Iterator[Fault]]


def in_any_environment(settings: Settings) -> Iterator[Fault]:
    for rule in (
        lives,
        field_keys,
        mfa_roles,
        half_pairs,
        captcha,
        mail,
        storage,
        exports,
        scheduler,
        replays,
        addresses,
    ):
        yield from rule(settings)


def in_production(settings: Settings) -> Iterator[Fault]:
    for rule in (
        database,
        secrets,
        previous_keys,
        unsubscribe_secrets,
        metrics,
        cors,
        testing,
        basic_callers,
        proxies,
        public_base_url,
        mail_in_prod,
        storage_in_prod,
    ):
        yield from rule(settings)


def lives(settings: Settings) -> Iterator[Fault]:
    auth = settings.auth
    if auth.access_token_ttl_minutes > auth.session_ttl_minutes:
        yield Fault(
            "AUTH_ACCESS_TOKEN_TTL_MINUTES",
            "an access token would outlive its session",
            "Make it at most AUTH_SESSION_TTL_MINUTES",
        )
    if auth.session_ttl_minutes > auth.session_absolute_ttl_minutes:
        yield Fault(
            "AUTH_SESSION_TTL_MINUTES",
            "a session would outlive its absolute end",
            "Make it at most AUTH_SESSION_ABSOLUTE_TTL_MINUTES",
        )


def field_keys(settings: Settings) -> Iterator[Fault]:
    for key in settings.auth.field_encryption_keys:
        kid, colon, encoded = key.reveal().partition(":")
        try:
            fine = bool(kid and colon) and len(b64decode(encoded, validate=True)) == FIELD_KEY_BYTES
        except ValueError:
            fine = False
        if not fine:
            yield Fault(
                "FIELD_ENCRYPTION_KEYS",
                f"holds a key that is not kid:base64 of {FIELD_KEY_BYTES} bytes",
                "Make one: openssl rand -base64 32",
            )


def mfa_roles(settings: Settings) -> Iterator[Fault]:
    roles = set(settings.auth.admin_mfa_required_roles)
    if not {"owner", "admin"} <= roles <= STAFF_ROLES:
        yield Fault(
            "ADMIN_MFA_REQUIRED_ROLES",
            "is not a set of staff roles with owner and admin among them",
            f"List owner, admin and what you want of {', '.join(sorted(STAFF_ROLES))}",
        )


def half_pairs(settings: Settings) -> Iterator[Fault]:
    for role, username, password in basic_pairs(settings.basic):
        if bool(username) != bool(password):
            given, missing = ("USERNAME", "PASSWORD") if username else ("PASSWORD", "USERNAME")
            prefix = f"{role.upper()}_BASIC_"
            yield Fault(f"{prefix}{missing}", f"is missing beside {prefix}{given}", "Set both or neither")


def basic_pairs(basic: BasicSettings) -> Iterator[tuple[str, str | None, Secret | None]]:
    for role in BASIC_ROLES:
        yield role, getattr(basic, f"{role}_username"), getattr(basic, f"{role}_password")


def captcha(settings: Settings) -> Iterator[Fault]:
    if settings.edge.captcha_mode == "turnstile" and settings.edge.turnstile_secret_key is None:
        yield missing("TURNSTILE_SECRET_KEY", "CAPTCHA_MODE=turnstile")


def mail(settings: Settings) -> Iterator[Fault]:
    email = settings.email
    if email.mode in {"smtp", "sendgrid"} and not email.sender:
        yield missing("EMAIL_FROM", f"EMAIL_MODE={email.mode}")
    if email.mode == "smtp" and not email.smtp_host:
        yield missing("SMTP_HOST", "EMAIL_MODE=smtp")
    if email.mode == "sendgrid" and email.sendgrid_api_key is None:
        yield missing("SENDGRID_API_KEY", "EMAIL_MODE=sendgrid")
    if email.sender is not None and not _is_address(email.sender):
        yield Fault(
            "EMAIL_FROM",
            "is not an e-mail address alone, in ASCII before the @",
            "Set the address that mail is sent from, and the name as EMAIL_FROM_NAME",
        )
    if email.sender_name is not None and not email.sender_name.isprintable():
        yield Fault("EMAIL_FROM_NAME", "holds a control character", "Set the name on one line")


def _is_address(text: str) -> bool:
    """One that mails can be sent from: a start is better refused than every mail."""
    try:
        ascii_address(text)
    except DeliveryFailed:
        return False
    return True


def storage(settings: Settings) -> Iterator[Fault]:
    chosen = settings.storage
    wanted: dict[str, object] = {}
    if chosen.backend in S3_BACKENDS:
        wanted = {
            "R2_BUCKET": chosen.r2_bucket,
            "R2_ACCESS_KEY": chosen.r2_access_key,
            "R2_SECRET_KEY": chosen.r2_secret_key,
        }
    elif chosen.backend in CLOUDFLARE_BACKENDS:
        wanted = {
            "CF_IMAGES_ACCOUNT_ID": chosen.cf_images_account_id,
            "CF_IMAGES_ACCOUNT_HASH": chosen.cf_images_account_hash,
            "CF_IMAGES_API_TOKEN": chosen.cf_images_api_token,
            "CF_IMAGES_SIGNING_KEY": chosen.cf_images_signing_key,
        }
    for name, value in wanted.items():
        if not value:
            yield missing(name, f"ORDER_STORAGE_BACKEND={chosen.backend}")
    if chosen.r2_endpoint is not None and not (
        is_http(chosen.r2_endpoint) and fits_header(chosen.r2_endpoint)
    ):
        yield Fault("R2_ENDPOINT", "is not an http address", "Set it as https://host, without the bucket")
    if not chosen.photo_allowed_mimes or not set(chosen.photo_allowed_mimes) <= DECODABLE:
        yield Fault(
            "ORDER_PHOTO_ALLOWED_MIMES",
            "names a type that cannot be decoded",
            f"Choose among {', '.join(sorted(DECODABLE))}",
        )


def exports(settings: Settings) -> Iterator[Fault]:
    given = settings.export.webhook_secret
    if given is not None and not signing_key(given.reveal()):
        yield Fault(
            "EXPORT_WEBHOOK_SECRET",
            "holds no key, and anybody could sign with none",
            "Set it to whsec_ and a random key: openssl rand -base64 32",
        )
    for host in settings.export.webhook_allowed_hosts:
        try:
            normal_host(host)
        except DeliveryFailed:
            yield Fault(
                "EXPORT_WEBHOOK_ALLOWED_HOSTS",
                "names what is no host",
                "List hosts alone, as hooks.example.com or .example.com",
            )


def replays(settings: Settings) -> Iterator[Fault]:
    """Of dead letters by themselves: a kind that is misspelt would be a kind that is left out."""
    wanted = {
        "DLQ_AUTO_REPLAY_ALLOW_OUTBOX_KINDS": (settings.export.dlq_allow_outbox_kinds, OUTBOX_KINDS),
        "DLQ_AUTO_REPLAY_ALLOW_EXPORT_MODES": (settings.export.dlq_allow_export_modes, EXPORT_MODES),
    }
    for name, (given, known) in wanted.items():
        if not set(given) <= known:
            yield Fault(name, "names what there is not", f"Choose among {', '.join(sorted(known))}")


def scheduler(settings: Settings) -> Iterator[Fault]:
    token = settings.outbox.scheduler_token
    if token is not None and len(token.reveal()) < SECRET_LENGTH:
        yield short("SCHEDULER_TOKEN", SECRET_LENGTH)


def database(settings: Settings) -> Iterator[Fault]:
    if settings.database.url is None:
        yield Fault(
            "DATABASE_URL",
            "is not set, and the embedded database is for dev only",
            "Point it at PostgreSQL 15 or newer, as the role sweepline_app",
        )


def secrets(settings: Settings) -> Iterator[Fault]:
    known = {
        "AUTH_SECRET_KEY": settings.auth.secret_key,
        "CLIENT_PORTAL_SECRET": settings.auth.client_portal_secret,
        "WORKER_PORTAL_SECRET": settings.auth.worker_portal_secret,
    }
    for name, value in known.items():
        if value is None:
            yield missing(name, "APP_ENV=prod")
        elif len(value.reveal()) < SECRET_LENGTH:
            yield short(name, SECRET_LENGTH)
        elif is_placeholder(value.reveal()):
            yield Fault(name, "is a placeholder", "Make a random one: openssl rand -base64 48")
    for (first, one), (second, other) in combinations(known.items(), 2):
        if one is not None and one == other:
            yield Fault(second, f"equals {first}", "Give each purpose a secret of its own")


def previous_keys(settings: Settings) -> Iterator[Fault]:
    """What verifies opens as many doors as what signs."""
    given = [key.reveal() for key in settings.auth.secret_key_previous]
    if any(len(key) < SECRET_LENGTH or is_placeholder(key) for key in given):
        yield Fault(
            "AUTH_SECRET_KEY_PREVIOUS",
            f"holds a key that is shorter than {SECRET_LENGTH} characters or a placeholder",
            "Take it out: whoever guesses it signs in as anybody",
        )


def unsubscribe_secrets(settings: Settings) -> Iterator[Fault]:
    """Whoever guesses one stops mails to others."""
    given = [secret.reveal() for secret in settings.email.unsubscribe_secrets]
    if any(len(secret) < SECRET_LENGTH or is_placeholder(secret) for secret in given):
        yield Fault(
            "EMAIL_UNSUBSCRIBE_SECRET",
            f"holds a secret that is shorter than {SECRET_LENGTH} characters or a placeholder",
            "Put a random one before it, or leave it unset: it is then derived from AUTH_SECRET_KEY",
        )


def is_placeholder(value: str) -> bool:
    """A word that people leave in examples, or hardly any variety beside such words."""
    rest = value.lower()
    if any(word in rest for word in PLACEHOLDERS):
        return True
    for word in FILLERS:
        rest = rest.replace(word, "")
    return len({sign for sign in rest if sign.isalnum()}) < LEAST_VARIETY


def metrics(settings: Settings) -> Iterator[Fault]:
    token = settings.edge.metrics_token
    if settings.edge.metrics_enabled and (token is None or len(token.reveal()) < TOKEN_LENGTH):
        yield Fault(
            "METRICS_TOKEN",
            f"is missing or shorter than {TOKEN_LENGTH} characters while metrics are on",
            "Set a random one, or METRICS_ENABLED=false",
        )


def cors(settings: Settings) -> Iterator[Fault]:
    if settings.edge.strict_cors and not settings.edge.cors_origins:
        yield missing("CORS_ORIGINS", "STRICT_CORS=true")
    if "*" in settings.edge.cors_origins:
        yield Fault("CORS_ORIGINS", "lets every origin in", "List the origins, as https://app.example.com")


def testing(settings: Settings) -> Iterator[Fault]:
    if settings.general.testing:
        yield Fault("TESTING", "is on", "Leave it unset in production")


def basic_callers(settings: Settings) -> Iterator[Fault]:
    if not settings.basic.enabled:
        return
    pairs = [
        (role, user, password) for role, user, password in basic_pairs(settings.basic) if user and password
    ]
    if not pairs:
        yield missing("OWNER_BASIC_USERNAME", "LEGACY_BASIC_AUTH_ENABLED=true")
    for role, _, password in pairs:
        if len(password.reveal()) < BASIC_PASSWORD_LENGTH:
            yield short(f"{role.upper()}_BASIC_PASSWORD", BASIC_PASSWORD_LENGTH)
    if "DEFAULT_ORG_ID" not in settings.given:
        yield missing("DEFAULT_ORG_ID", "LEGACY_BASIC_AUTH_ENABLED=true")


def proxies(settings: Settings) -> Iterator[Fault]:
    edge = settings.edge
    trusted = (*edge.trusted_proxy_ips, *edge.trusted_proxy_cidrs)
    if edge.trust_proxy_headers and not trusted:
        yield missing("TRUSTED_PROXY_CIDRS", "TRUST_PROXY_HEADERS=true")
    if any(network.prefixlen == 0 for network in trusted):
        yield Fault("TRUSTED_PROXY_CIDRS", "trusts every address", "List your proxies alone")


def public_base_url(settings: Settings) -> Iterator[Fault]:
    url = settings.general.public_base_url
    if url is not None and not url.startswith("https://"):
        yield Fault("PUBLIC_BASE_URL", "is not https", "Set it as https://host")
    if url is None and settings.email.mode != "off":
        yield missing("PUBLIC_BASE_URL", "mail on, for its links")


def mail_in_prod(settings: Settings) -> Iterator[Fault]:
    email = settings.email
    if email.mode == "file":
        yield Fault("EMAIL_MODE", "file is for dev", "Choose smtp, sendgrid or off")
    if email.mode == "smtp" and not email.smtp_use_tls and not is_loopback(email.smtp_host or ""):
        yield Fault("SMTP_USE_TLS", "mail would travel in clear text", "Leave it true")


def storage_in_prod(settings: Settings) -> Iterator[Fault]:
    if settings.storage.backend == "memory":
        yield Fault("ORDER_STORAGE_BACKEND", "memory forgets every photo", "Choose local, r2 or s3")


def missing(name: str, reason: str) -> Fault:
    return Fault(name, f"is missing with {reason}", "Set it")


def short(name: str, length: int) -> Fault:
    return Fault(name, f"is shorter than {length} characters", "Make a random one: openssl rand -base64 48")
