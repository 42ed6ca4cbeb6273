"""What an administrator may see of the settings (identity page, §11): these keys, in this order, no others.

No key here names an address, a host or a database; a test holds the list against the page.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any

from entrypoints.settings.load import Settings
from entrypoints.settings.parsing import Secret, Variable, variable_of

KEYS = (
    "app_env",
    "strict_cors",
    "strict_policy_mode",
    "export_mode",
    "deposits_enabled",
    "order_storage_backend",
    "photo_download_redirect_status",
    "metrics_enabled",
    "metrics_token",
    "job_heartbeat_required",
    "admin_read_only",
    "admin_mfa_required",
    "legacy_basic_auth_enabled",
    "rate_limit_per_minute",
    "captcha_mode",
    "email_mode",
    "email_temp_passwords",
    "auth_secret_key",
    "client_portal_secret",
    "worker_portal_secret",
    "photo_token_secret",
    "order_photo_signing_secret",
    "stripe_secret_key",
    "stripe_webhook_secret",
    "turnstile_secret_key",
    "sendgrid_api_key",
    "smtp_password",
    "cf_images_api_token",
    "cf_images_signing_key",
)


@dataclass(frozen=True, slots=True)
class ShownSetting:
    key: str
    value: str | int | bool | None
    redacted: bool
    source: str  # env or default


def shown_settings(settings: Settings) -> list[ShownSetting]:
    known = {variable.name: (variable, value) for variable, value in _all(settings)}
    return [_shown(settings, key, *known[key.upper()]) for key in KEYS]


def _all(settings: Settings) -> Iterator[tuple[Variable, Any]]:
    for declared in fields(Settings):
        group = getattr(settings, declared.name)
        if declared.name != "given":
            yield from ((variable_of(field), getattr(group, field.name)) for field in fields(group))


def _shown(settings: Settings, key: str, variable: Variable, value: Any) -> ShownSetting:
    """A secret is one by its type, whatever its name is like."""
    secret = variable.parse is Secret
    return ShownSetting(
        key,
        repr(value) if secret and value is not None else value,
        redacted=secret,
        source="env" if variable.name in settings.given else "default",
    )
