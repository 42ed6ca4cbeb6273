"""Identity page, §11: the config view and the feature flags."""

import re
from typing import Any

import httpx
import pytest

from tests.http.conftest import edge_client

LISTED = (
    "app_env strict_cors strict_policy_mode export_mode deposits_enabled order_storage_backend "
    "photo_download_redirect_status metrics_enabled metrics_token job_heartbeat_required admin_read_only "
    "admin_mfa_required legacy_basic_auth_enabled rate_limit_per_minute captcha_mode email_mode "
    "email_temp_passwords auth_secret_key client_portal_secret worker_portal_secret photo_token_secret "
    "order_photo_signing_secret stripe_secret_key stripe_webhook_secret turnstile_secret_key "
    "sendgrid_api_key smtp_password cf_images_api_token cf_images_signing_key"
)
SECRETS = [
    "METRICS_TOKEN",
    "AUTH_SECRET_KEY",
    "CLIENT_PORTAL_SECRET",
    "WORKER_PORTAL_SECRET",
    "PHOTO_TOKEN_SECRET",
    "ORDER_PHOTO_SIGNING_SECRET",
    "STRIPE_SECRET_KEY",
    "STRIPE_WEBHOOK_SECRET",
    "TURNSTILE_SECRET_KEY",
    "SENDGRID_API_KEY",
    "SMTP_PASSWORD",
    "CF_IMAGES_API_TOKEN",
    "CF_IMAGES_SIGNING_KEY",
]
UNSHOWN = {
    "DATABASE_URL": "postgresql://canary:canary@canary.example/canary",
    "REDIS_URL": "redis://canary.example",
    "SMTP_HOST": "canary.example",
    "PUBLIC_BASE_URL": "https://canary.example",
    "EXPORT_WEBHOOK_URL": "https://canary.example/hook",
    "TRUSTED_PROXY_CIDRS": "203.0.113.99",
    "OWNER_BASIC_USERNAME": "canary",
    "OWNER_BASIC_PASSWORD": "canary",
    "SCHEDULER_TOKEN": "canary",
}
ADMIN = {"authorization": "Bearer admin"}


async def entries(client: httpx.AsyncClient) -> dict[str, dict[str, Any]]:
    answer = await client.get("/v1/admin/config", headers=ADMIN)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    listed = answer.json()["entries"]
    assert [entry["key"] for entry in listed] == LISTED.split()
    assert all(set(entry) == {"key", "value", "redacted", "source"} for entry in listed)
    return {entry["key"]: entry for entry in listed}


async def test_a_setting_has_its_type_its_default_and_its_source() -> None:
    async with edge_client({"RATE_LIMIT_PER_MINUTE": "77", "EXPORT_MODE": "webhook"}) as client:
        found = await entries(client)
    assert found["app_env"] == {"key": "app_env", "value": "dev", "redacted": False, "source": "env"}
    assert (found["rate_limit_per_minute"]["value"], found["rate_limit_per_minute"]["source"]) == (77, "env")
    assert (found["export_mode"]["value"], found["export_mode"]["source"]) == ("webhook", "env")
    assert (found["strict_cors"]["value"], found["strict_cors"]["source"]) == (False, "default")
    assert (found["photo_download_redirect_status"]["value"]) == 302
    assert (found["legacy_basic_auth_enabled"]["value"]) is True
    assert (found["email_mode"]["value"], found["email_mode"]["source"]) == ("file", "default")


async def test_a_secret_is_told_apart_by_its_type_and_never_shown() -> None:
    given = {name: f"canary-{name}" for name in SECRETS}
    async with edge_client(given | UNSHOWN) as client:
        text = (await client.get("/v1/admin/config", headers=ADMIN)).text
        set_ones = await entries(client)
    async with edge_client() as client:
        unset_ones = await entries(client)
    assert not re.search(r"canary|203\.0\.113|https?://|postgresql", text)
    assert {key.upper() for key, entry in set_ones.items() if entry["redacted"]} == set(SECRETS)
    for name in SECRETS:
        assert (set_ones[name.lower()]["value"], set_ones[name.lower()]["source"]) == ("<redacted>", "env")
        assert unset_ones[name.lower()]["value"] is None
        assert (unset_ones[name.lower()]["redacted"], unset_ones[name.lower()]["source"]) == (True, "default")


@pytest.mark.parametrize(
    ("strict", "role", "status"),
    [
        ("false", "admin", 200),
        ("false", "owner", 200),
        ("false", "finance", 403),
        ("true", "admin", 403),
        ("true", "owner", 200),
    ],
)
async def test_under_a_strict_policy_it_is_for_owners(strict: str, role: str, status: int) -> None:
    async with edge_client({"STRICT_POLICY_MODE": strict}) as client:
        answer = await client.get("/v1/admin/config", headers={"authorization": f"Bearer {role}"})
        assert answer.status_code == status


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, {"exports": (False, "off"), "deposits": (True, "on"), "strict_policy_mode": (False, "off")}),
        (
            {"EXPORT_MODE": "sheets", "DEPOSITS_ENABLED": "no", "STRICT_POLICY_MODE": "on"},
            {"exports": (True, "sheets"), "deposits": (False, "off"), "strict_policy_mode": (True, "on")},
        ),
    ],
)
async def test_feature_flags(environ: dict[str, str], expected: dict[str, Any]) -> None:
    async with edge_client(environ) as client:
        answer = await client.get("/v1/admin/feature-flags", headers=ADMIN)
    flags = answer.json()["flags"]
    assert {flag["key"]: (flag["enabled"], flag["rollout"]) for flag in flags} == expected
    assert [flag["key"] for flag in flags] == list(expected)
    assert all(set(flag) == {"key", "enabled", "description", "rollout"} for flag in flags)
    assert all(flag["description"] for flag in flags)
    exports = flags[0]
    assert ("EXPORT_WEBHOOK_URL" in exports["description"]) is (exports["rollout"] == "webhook"), exports
    assert "ookings" not in exports["description"]  # nobody exports any
