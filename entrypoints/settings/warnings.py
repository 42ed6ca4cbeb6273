"""What is allowed and yet deserves a word: for `sweepline config check` and the start of a server."""

from collections.abc import Iterator, Mapping
from dataclasses import fields
from difflib import get_close_matches
from itertools import combinations

from domain.delivery.faults import DeliveryFailed
from domain.delivery.target import TargetRules, normal_host, target_of
from entrypoints.origins import origin_of
from entrypoints.settings.groups import ExportSettings
from entrypoints.settings.load import Settings
from entrypoints.settings.parsing import variable_of
from entrypoints.settings.rules import S3_BACKENDS, basic_pairs

ALIKE = 0.87  # EMAIL_FORM is EMAIL_FROM, AWS_REGION is not R2_REGION


def warnings_about(settings: Settings, environ: Mapping[str, str]) -> list[str]:
    """None shows a value."""
    return [
        *_basic(settings),
        *_origins(settings),
        *_exports(settings),
        *_storage(settings),
        *_near_misses(environ),
    ]


def _basic(settings: Settings) -> Iterator[str]:
    if not settings.basic.enabled:
        return
    if not settings.is_dev:
        yield "LEGACY_BASIC_AUTH_ENABLED is on in production; give everyone an account instead."
    if settings.auth.admin_mfa_required:
        yield "ADMIN_MFA_REQUIRED does not bind Basic callers; turn LEGACY_BASIC_AUTH_ENABLED off."
    pairs = [
        (role.upper(), user) for role, user, password in basic_pairs(settings.basic) if user and password
    ]
    for (role, user), (other, another) in combinations(pairs, 2):
        if user == another:
            yield f"{other}_BASIC_USERNAME is {role}_BASIC_USERNAME: the audit log cannot tell them apart."


def _origins(settings: Settings) -> Iterator[str]:
    if any(origin != "*" and origin_of(origin) != origin for origin in settings.edge.cors_origins):
        yield "CORS_ORIGINS holds what no browser sends; write origins as https://app.example.com."


def _exports(settings: Settings) -> Iterator[str]:
    export = settings.export
    if export.mode == "webhook" and export.webhook_url is None:
        yield "EXPORT_MODE=webhook without EXPORT_WEBHOOK_URL: nothing is exported."
    elif export.mode == "webhook" and (rule := _broken_rule(export)) is not None:
        yield f"EXPORT_WEBHOOK_URL may not be called ({rule}): every export will end dead."
    if not settings.is_dev and not export.webhook_block_private_ips:
        yield "EXPORT_WEBHOOK_BLOCK_PRIVATE_IPS is off: exports may go to addresses of the inner network."
    if not settings.is_dev and export.webhook_allow_http:
        yield "EXPORT_WEBHOOK_ALLOW_HTTP is on: exports may travel in clear text."


def _broken_rule(export: ExportSettings) -> str | None:
    """Of those that a URL can break by itself."""
    if export.webhook_url is None:
        return None
    rules = TargetRules(
        allow_http=export.webhook_allow_http,
        block_private=export.webhook_block_private_ips,
        allowed_hosts=frozenset(map(normal_host, export.webhook_allowed_hosts)) or None,
    )
    try:
        target_of(export.webhook_url.reveal(), rules)
    except DeliveryFailed as failed:
        return failed.fault.code
    return None


def _storage(settings: Settings) -> Iterator[str]:
    chosen = settings.storage
    if chosen.backend not in S3_BACKENDS:
        return
    if chosen.r2_endpoint is None:
        region = "us-east-1" if chosen.r2_region == "auto" else chosen.r2_region
        yield f"R2_ENDPOINT is not set: photos go to AWS S3 in {region}."
    elif not settings.is_dev and not chosen.r2_endpoint.startswith("https://"):
        yield "R2_ENDPOINT is not https: photos may travel in clear text."


def _near_misses(environ: Mapping[str, str]) -> Iterator[str]:
    known = known_variables()
    for name in sorted(set(environ) - known):
        if "_" in name and (close := get_close_matches(name.upper(), known, 1, ALIKE)):
            yield f"{name} is unknown and ignored; {close[0]} is known."


def known_variables() -> frozenset[str]:
    groups = (declared.type for declared in fields(Settings) if declared.name != "given")
    return frozenset(variable_of(field).name for group in groups for field in fields(group))  # type: ignore[arg-type]
