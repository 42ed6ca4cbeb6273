import json
import stat
from pathlib import Path

import pytest

from entrypoints.settings import Fault, Secret, SettingsRefused, check_settings, load_settings
from entrypoints.settings.dev_secrets import kept_secrets

SOUND = {
    "APP_ENV": "prod",
    "DATABASE_URL": "postgresql://sweepline_app:pw@db/sweepline",
    "AUTH_SECRET_KEY": "Zk3vQ8mX1cL7pR5tY9wB2nH4jD6fG0sA",
    "CLIENT_PORTAL_SECRET": "aB3dE5gH7jK9mN1pQ3sT5vX7zC9bF1hJ",
    "WORKER_PORTAL_SECRET": "qW2eR4tY6uI8oP0aS1dF3gH5jK7lZ9xC",
    "METRICS_TOKEN": "m" * 3 + "Qx7Lp2Vn8Rt4Ks",
}


@pytest.mark.parametrize(
    ("environ", "bind", "expected"),
    [
        ({}, None, "dev"),
        ({}, "127.0.0.1", "dev"),
        ({}, "::1", "dev"),
        ({}, "localhost", "dev"),
        ({}, "0.0.0.0", "prod"),
        ({}, "example.com", "prod"),
        ({"DATABASE_URL": "postgresql://x"}, None, "prod"),
        ({"DATABASE_URL": "postgresql://x"}, "127.0.0.1", "prod"),
        ({"APP_ENV": "prod"}, None, "prod"),
        ({"APP_ENV": "dev", "DATABASE_URL": "postgresql://x"}, "0.0.0.0", "dev"),
    ],
)
def test_nothing_reachable_is_ever_dev_by_omission(
    environ: dict[str, str], bind: str | None, expected: str
) -> None:
    assert check_settings(environ, bind=bind)[0].general.app_env == expected


def test_a_fresh_clone_needs_no_configuration() -> None:
    assert check_settings({})[1] == ()


def test_a_sound_production_is_accepted() -> None:
    assert check_settings(SOUND)[1] == ()


def test_what_a_composition_passes_on_empty_is_as_if_unset() -> None:
    settings, faults = check_settings({**SOUND, "R2_ENDPOINT": "", "APP_NAME": ""})
    assert (faults, settings.storage.r2_endpoint, settings.general.app_name) == ((), None, "Sweepline")


def test_every_fault_comes_at_once_and_none_shows_a_value() -> None:
    environ = {
        "APP_ENV": "prod",
        "AUTH_SECRET_KEY": "hunter2",
        "DATABASE_POOL_SIZE": "canary",
        "TESTING": "on",
    }
    with pytest.raises(SettingsRefused) as refused:
        load_settings(environ)
    assert {fault.variable for fault in refused.value.faults} == {
        "DATABASE_URL",
        "DATABASE_POOL_SIZE",
        "AUTH_SECRET_KEY",
        "CLIENT_PORTAL_SECRET",
        "WORKER_PORTAL_SECRET",
        "METRICS_TOKEN",
        "TESTING",
    }
    assert "hunter2" not in str(refused.value)
    assert "canary" not in str(refused.value)


@pytest.mark.parametrize("spelling", ["true", "1", "yes", "on", "TRUE", "Yes"])
def test_truth_has_four_spellings(spelling: str) -> None:
    assert check_settings({"ADMIN_READ_ONLY": spelling})[0].edge.admin_read_only is True


def test_lists_are_json_arrays_or_comma_lists() -> None:
    comma = check_settings({"CORS_ORIGINS": "https://a.example, https://b.example"})[0]
    array = check_settings({"CORS_ORIGINS": '["https://a.example", "https://b.example"]'})[0]
    assert comma.edge.cors_origins == array.edge.cors_origins == ("https://a.example", "https://b.example")


def test_a_secret_shows_itself_to_nobody() -> None:
    settings = check_settings({"AUTH_SECRET_KEY": "canary-value"})[0]
    assert "canary-value" not in repr(settings)
    assert f"{settings.auth.secret_key}" == "<redacted>"
    assert settings.auth.secret_key == Secret("canary-value")


def test_secrets_of_dev_are_made_once_and_kept_for_their_owner(tmp_path: Path) -> None:
    home = tmp_path / "home"
    first = load_settings({"SWEEPLINE_HOME": str(home)})
    second = load_settings({"SWEEPLINE_HOME": str(home)})
    assert first.auth.secret_key == second.auth.secret_key
    assert len(set(kept_secrets(home).values())) == 3
    kept = home / "secrets.json"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert all(len(value) >= 32 for value in json.loads(kept.read_text()).values())
    assert sorted(path.name for path in home.iterdir()) == ["secrets.json"]


def test_a_given_secret_wins_over_a_kept_one(tmp_path: Path) -> None:
    settings = load_settings({"SWEEPLINE_HOME": str(tmp_path), "AUTH_SECRET_KEY": "given"})
    assert settings.auth.secret_key == Secret("given")
    assert settings.auth.client_portal_secret is not None


def test_a_fault_says_what_to_do() -> None:
    assert str(Fault("X", "is missing", "Set it")) == "X: is missing. Set it"


@pytest.mark.parametrize(
    ("variable", "given"),
    [
        ("RATE_LIMIT_PER_MINUTE", "0"),
        ("RATE_LIMIT_CALLER_PER_MINUTE", "-1"),
        ("ADMIN_ACTION_RATE_LIMIT_PER_MINUTE", "many"),
        ("RATE_LIMIT_REDIS_PROBE_SECONDS", "0"),
        ("RATE_LIMIT_CLEANUP_MINUTES", "0"),
        ("REDIS_URL", "redis.internal:6379"),
        ("REDIS_URL", "http://redis.internal"),
        ("REDIS_URL", "redis://redis.internal:port"),
    ],
)
def test_limits_that_are_none_are_refused(variable: str, given: str) -> None:
    assert [fault.variable for fault in check_settings(SOUND | {variable: given})[1]] == [variable]


@pytest.mark.parametrize(
    "given", ["redis://redis:6379/0", "rediss://:pass@redis.internal", "unix:///run/redis.sock"]
)
def test_redis_is_named_in_any_of_its_ways(given: str) -> None:
    assert check_settings(SOUND | {"REDIS_URL": given})[1] == ()
