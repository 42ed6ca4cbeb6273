"""Identity page, §11: every row of what stops a start, and the word for what does not."""

import json
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from entrypoints.cli.main import main
from entrypoints.settings import check_settings
from entrypoints.settings.warnings import known_variables, warnings_about
from tests.cli.test_settings import SOUND
from tests.support.http import run_cli

ON = {
    "LEGACY_BASIC_AUTH_ENABLED": "true",
    "OWNER_BASIC_USERNAME": "office",
    "OWNER_BASIC_PASSWORD": "fifteen letters",
    "DEFAULT_ORG_ID": "019a0000-0000-7000-8000-000000000001",
}
SMTP = {"EMAIL_MODE": "smtp", "SMTP_HOST": "mail.example.org", "EMAIL_FROM": "a@b.example"}
LINKS = {"PUBLIC_BASE_URL": "https://book.example.org"}
KEYS = ("AUTH_SECRET_KEY", "CLIENT_PORTAL_SECRET", "WORKER_PORTAL_SECRET")
Row = tuple[dict[str, str], str]

IN_PRODUCTION: list[Row] = [
    ({"DATABASE_URL": ""}, "DATABASE_URL"),
    *[({key: ""}, key) for key in KEYS],
    *[({key: "Zk3vQ8mX1cL7pR5tY9wB2nH4jD6fG0s"}, key) for key in KEYS],  # 31
    *[({key: "change-me-" * 5}, key) for key in KEYS],
    ({"AUTH_SECRET_KEY": "your-super-secret-key-your-super-secret-key"}, "AUTH_SECRET_KEY"),
    ({"AUTH_SECRET_KEY": "please-replace-0123456789abcdef0123456789abcdef"}, "AUTH_SECRET_KEY"),
    ({"AUTH_SECRET_KEY": "a" * 40}, "AUTH_SECRET_KEY"),
    ({"CLIENT_PORTAL_SECRET": SOUND["AUTH_SECRET_KEY"]}, "CLIENT_PORTAL_SECRET"),
    ({"WORKER_PORTAL_SECRET": SOUND["AUTH_SECRET_KEY"]}, "WORKER_PORTAL_SECRET"),
    ({"WORKER_PORTAL_SECRET": SOUND["CLIENT_PORTAL_SECRET"]}, "WORKER_PORTAL_SECRET"),
    ({"METRICS_TOKEN": ""}, "METRICS_TOKEN"),
    ({"METRICS_TOKEN": "fifteen letters"}, "METRICS_TOKEN"),
    ({"STRICT_CORS": "true"}, "CORS_ORIGINS"),
    ({"CORS_ORIGINS": "*"}, "CORS_ORIGINS"),
    ({"CORS_ORIGINS": '["https://a.example", "*"]'}, "CORS_ORIGINS"),
    ({"TESTING": "true"}, "TESTING"),
    ({"AUTH_SECRET_KEY_PREVIOUS": "hunter2"}, "AUTH_SECRET_KEY_PREVIOUS"),
    (
        {"AUTH_SECRET_KEY_PREVIOUS": "Zk3vQ8mX1cL7pR5tY9wB2nH4jD6fG0sB," + "change-me" * 4},
        "AUTH_SECRET_KEY_PREVIOUS",
    ),
    (ON | {"OWNER_BASIC_USERNAME": "", "OWNER_BASIC_PASSWORD": ""}, "OWNER_BASIC_USERNAME"),
    (ON | {"OWNER_BASIC_PASSWORD": ""}, "OWNER_BASIC_PASSWORD"),
    (ON | {"OWNER_BASIC_PASSWORD": "fourteen signs"}, "OWNER_BASIC_PASSWORD"),
    (
        ON | {"VIEWER_BASIC_USERNAME": "v", "VIEWER_BASIC_PASSWORD": "fourteen signs"},
        "VIEWER_BASIC_PASSWORD",
    ),
    (ON | {"DEFAULT_ORG_ID": ""}, "DEFAULT_ORG_ID"),
    ({"TRUST_PROXY_HEADERS": "true"}, "TRUSTED_PROXY_CIDRS"),
    ({"TRUST_PROXY_HEADERS": "true", "TRUSTED_PROXY_CIDRS": "0.0.0.0/0"}, "TRUSTED_PROXY_CIDRS"),
    ({"TRUST_PROXY_HEADERS": "true", "TRUSTED_PROXY_IPS": "10.0.0.1,::/0"}, "TRUSTED_PROXY_CIDRS"),
    ({"CAPTCHA_MODE": "turnstile"}, "TURNSTILE_SECRET_KEY"),
    ({"PUBLIC_BASE_URL": "http://book.example.org"}, "PUBLIC_BASE_URL"),
    (SMTP, "PUBLIC_BASE_URL"),
    ({"EMAIL_MODE": "file"} | LINKS, "EMAIL_MODE"),
    (SMTP | LINKS | {"SMTP_USE_TLS": "false"}, "SMTP_USE_TLS"),
    ({"SCHEDULER_TOKEN": "short"}, "SCHEDULER_TOKEN"),
    ({"ORDER_STORAGE_BACKEND": "memory"}, "ORDER_STORAGE_BACKEND"),
]
SOUND_TOO: list[dict[str, str]] = [
    {},
    ON,
    {"LEGACY_BASIC_AUTH_ENABLED": "false", "DEFAULT_ORG_ID": ""},
    SMTP | LINKS,
    SMTP | LINKS | {"SMTP_HOST": "2001:db8::1", "SMTP_USERNAME": "a", "SMTP_PASSWORD": "b"},
    SMTP | LINKS | {"EMAIL_FROM": "a@büro.example", "EMAIL_FROM_NAME": "Büro"},
    SMTP | {"PUBLIC_BASE_URL": "https://xn--bro-hoa.example:8443/office"},
    {"METRICS_ENABLED": "false", "METRICS_TOKEN": ""},
    {"STRICT_CORS": "true", "CORS_ORIGINS": "https://a.example"},
    {"TRUST_PROXY_HEADERS": "true", "TRUSTED_PROXY_IPS": "10.0.0.1"},
    {"AUTH_SECRET_KEY": "canary-auth-secret-0123456789abcdef"},
    {"SOMETHING_ELSE": "ignored"},
    {"EXPORT_MODE": "webhook"},  # with no URL exports are kept or left out
    *[
        {"DATABASE_URL": url}
        for url in (
            "postgres://app:p%40ss@db:5432/sweepline?ssl=require",
            "postgresql+asyncpg://app@/sweepline?host=/run/postgresql",
            "postgresql://app:a#b/c@db/sweepline",
        )
    ],
]
IN_ANY_ENVIRONMENT: list[Row] = [
    *[({name: "10.0.0.0/33"}, name) for name in ("ADMIN_IP_ALLOWLIST_CIDRS", "TRUSTED_PROXY_CIDRS")],
    ({"TRUSTED_PROXY_IPS": "proxy.example.org"}, "TRUSTED_PROXY_IPS"),
    *[({"DATABASE_POOL_SIZE": value}, "DATABASE_POOL_SIZE") for value in ("ten", "0", "1.5", "1e3", "٣")],
    *[({"ADMIN_READ_ONLY": value}, "ADMIN_READ_ONLY") for value in ("perhaps", "2", "truee")],
    *[
        ({name: "other"}, name)
        for name in ("APP_ENV", "EMAIL_MODE", "EXPORT_MODE", "CAPTCHA_MODE", "LOG_FORMAT", "LOG_LEVEL")
    ],
    *[
        ({name: value}, name)
        for name in (
            "AUTH_ACCESS_TOKEN_TTL_MINUTES",
            "AUTH_SESSION_TTL_MINUTES",
            "AUTH_REFRESH_TOKEN_TTL_MINUTES",
            "AUTH_SESSION_ABSOLUTE_TTL_MINUTES",
            "TEMP_PASSWORD_TTL_MINUTES",
        )
        for value in ("0", "-1")
    ],
    ({"AUTH_ACCESS_TOKEN_TTL_MINUTES": "1441"}, "AUTH_ACCESS_TOKEN_TTL_MINUTES"),
    ({"AUTH_SESSION_TTL_MINUTES": "43201"}, "AUTH_SESSION_TTL_MINUTES"),
    ({"AUTH_REFRESH_REUSE_GRACE_SECONDS": "31"}, "AUTH_REFRESH_REUSE_GRACE_SECONDS"),
    ({"PASSWORD_HASH_ARGON2_MEMORY_COST": "19455"}, "PASSWORD_HASH_ARGON2_MEMORY_COST"),
    ({"PASSWORD_HASH_ARGON2_TIME_COST": "1"}, "PASSWORD_HASH_ARGON2_TIME_COST"),
    *[
        ({f"{role}_BASIC_{given}": "x" * 20}, f"{role}_BASIC_{wanted}")
        for role in ("OWNER", "ADMIN", "DISPATCHER", "ACCOUNTANT", "VIEWER", "WORKER")
        for given, wanted in (("USERNAME", "PASSWORD"), ("PASSWORD", "USERNAME"))
    ],
    *[
        ({"ADMIN_MFA_REQUIRED_ROLES": roles}, "ADMIN_MFA_REQUIRED_ROLES")
        for roles in ("owner", "admin", "owner,admin,king", "viewer", "accountant,owner,admin")
    ],
    *[
        ({name: "0"}, name)
        for name in (
            "RATE_LIMIT_PER_MINUTE",
            "RATE_LIMIT_CALLER_PER_MINUTE",
            "ADMIN_ACTION_RATE_LIMIT_PER_MINUTE",
        )
    ],
    ({"DEFAULT_ORG_ID": "first"}, "DEFAULT_ORG_ID"),
    ({"DEPOSIT_PERCENT": "0.12345"}, "DEPOSIT_PERCENT"),
    ({"DEPOSIT_PERCENT": "1e400"}, "DEPOSIT_PERCENT"),
    ({"CORS_ORIGINS": "[1]"}, "CORS_ORIGINS"),
    ({"ORDER_PHOTO_ALLOWED_MIMES": "image/gif"}, "ORDER_PHOTO_ALLOWED_MIMES"),
    ({"FIELD_ENCRYPTION_KEYS": "k1:short"}, "FIELD_ENCRYPTION_KEYS"),
    ({"EMAIL_MODE": "smtp"}, "SMTP_HOST"),
    *[
        (SMTP | {"SMTP_HOST": host}, "SMTP_HOST")
        for host in ("mail.example.com:587", "smtp://mail.example.com", "[::1]", "me@mail.example.com", "a b")
    ],
    *[
        ({"EMAIL_MODE": "sendgrid", "EMAIL_FROM": "a@b.example", "SENDGRID_API_KEY": key}, "SENDGRID_API_KEY")
        for key in ("SG.k\u00e9y", "SG.a key", "SG.a\nkey")
    ],
    (SMTP | {"SMTP_USERNAME": "sweepline"}, "SMTP_PASSWORD"),
    (SMTP | {"SMTP_PASSWORD": "correct horse"}, "SMTP_USERNAME"),
    ({"EMAIL_MODE": "sendgrid", "EMAIL_FROM": "a@b.example"}, "SENDGRID_API_KEY"),
    ({"ORDER_STORAGE_BACKEND": "r2"}, "R2_BUCKET"),
    *[
        ({name: url}, name)
        for name in ("DATABASE_URL", "DATABASE_OWNER_URL")
        for url in (
            "not-a-url",
            "sqlite:///sweepline.db",
            "mysql://app:word@db/sweepline",
            "postgresql+psycopg://app:word@db/sweepline",
            "postgresql://app:word@db:port/sweepline",
        )
    ],
    ({"DLQ_AUTO_REPLAY_ALLOW_OUTBOX_KINDS": "email,mails"}, "DLQ_AUTO_REPLAY_ALLOW_OUTBOX_KINDS"),
    ({"DLQ_AUTO_REPLAY_ALLOW_EXPORT_MODES": "off"}, "DLQ_AUTO_REPLAY_ALLOW_EXPORT_MODES"),
    ({"EXPORT_WEBHOOK_SECRET": "whsec_"}, "EXPORT_WEBHOOK_SECRET"),
    *[
        ({"EXPORT_WEBHOOK_ALLOWED_HOSTS": given}, "EXPORT_WEBHOOK_ALLOWED_HOSTS")
        for given in ("https://a.example", "a.example/hook", "me@a.example", "*.a.example", "a..example", ".")
    ],
    *[
        (SMTP | LINKS | {"EMAIL_FROM": sender}, "EMAIL_FROM")
        for sender in ("Office <a@b.example>", "a@", "@b.example", "jürgen@b.example", "a b@c.example")
    ],
    (SMTP | LINKS | {"EMAIL_FROM_NAME": "Office\r\nBcc: x@y.example"}, "EMAIL_FROM_NAME"),
    ({"R2_ENDPOINT": "https://bücket.example"}, "R2_ENDPOINT"),
    *[
        ({"PUBLIC_BASE_URL": url}, "PUBLIC_BASE_URL")
        for url in (
            "https://büro.example",
            "https://buero.example/ä",
            "https://two words.example",
            "https://a.example>,<https://b.example",
            "https://user:word@a.example",
            "https://a.example/?q=1",
        )
    ],
]


@pytest.fixture
def config_check(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[[dict[str, str]], tuple[int, Any]]:
    """`sweepline config check --json` in this very environment: exit status and document."""

    def check(environ: dict[str, str]) -> tuple[int, Any]:
        for name in known_variables():
            monkeypatch.delenv(name, raising=False)
        for name, value in environ.items():
            monkeypatch.setenv(name, value)
        with pytest.raises(SystemExit) as ended:
            main(["config", "check", "--json"])
        return int(ended.value.code or 0), json.loads(capsys.readouterr().out)

    return check


type Check = Callable[[dict[str, str]], tuple[int, Any]]


@pytest.mark.parametrize(("change", "variable"), IN_PRODUCTION)
def test_production_refuses(config_check: Check, change: dict[str, str], variable: str) -> None:
    status, report = config_check({**SOUND, **change})
    assert status == 78
    assert variable in {fault["variable"] for fault in report["faults"]}
    assert all(fault["message"] and fault["remedy"] for fault in report["faults"])


@pytest.mark.parametrize("change", SOUND_TOO)
def test_production_accepts(config_check: Check, change: dict[str, str]) -> None:
    status, report = config_check({**SOUND, **change})
    assert (status, report["faults"], report["app_env"]) == (0, [], "prod")


@pytest.mark.parametrize(("change", "variable"), IN_ANY_ENVIRONMENT)
def test_any_environment_refuses_and_tests_are_no_exception(change: dict[str, str], variable: str) -> None:
    for testing in ("false", "true"):
        _, faults = check_settings({"APP_ENV": "dev", "TESTING": testing, **change})
        assert variable in {fault.variable for fault in faults}


def test_any_environment_refuses_with_78(config_check: Check) -> None:
    status, report = config_check({"APP_ENV": "dev", "ADMIN_READ_ONLY": "perhaps", "LOG_LEVEL": "loud"})
    assert status == 78
    assert {fault["variable"] for fault in report["faults"]} == {"ADMIN_READ_ONLY", "LOG_LEVEL"}
    assert "perhaps" not in json.dumps(report)


def test_a_forbidden_start_ends_before_it_listens(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:  # who listened first would say that it is in use
        port = str(taken.getsockname()[1])
        faults = {**SOUND, "TESTING": "true", "CORS_ORIGINS": "*", "AUTH_SECRET_KEY": "canary"}
        finished = run_cli("serve", "--port", port, home=tmp_path, environ=faults)
    assert (finished.returncode, finished.stdout) == (78, "")
    for variable in ("TESTING", "CORS_ORIGINS", "AUTH_SECRET_KEY"):
        assert f"{variable}: " in finished.stderr
    assert "canary" not in finished.stderr


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (ON, "LEGACY_BASIC_AUTH_ENABLED is on in production"),
        (ON | {"ADMIN_MFA_REQUIRED": "true"}, "ADMIN_MFA_REQUIRED does not bind Basic callers"),
        (
            ON | {"ADMIN_BASIC_USERNAME": "office", "ADMIN_BASIC_PASSWORD": "other fifteen"},
            "ADMIN_BASIC_USERNAME is OWNER_BASIC_USERNAME",
        ),
        ({"CORS_ORIGINS": "https://a.example/"}, "CORS_ORIGINS holds what no browser sends"),
        ({"CORS_ORIGINS": "a.example"}, "CORS_ORIGINS holds what no browser sends"),
        ({"EXPORT_WEBHOOK_BLOCK_PRIVATE_IPS": "false"}, "EXPORT_WEBHOOK_BLOCK_PRIVATE_IPS is off"),
        ({"EXPORT_WEBHOOK_ALLOW_HTTP": "true"}, "EXPORT_WEBHOOK_ALLOW_HTTP is on"),
        ({"EXPORT_MODE": "webhook"}, "EXPORT_MODE=webhook without EXPORT_WEBHOOK_URL"),
        *[
            (
                {"EXPORT_MODE": "webhook", "EXPORT_WEBHOOK_URL": url} | more,
                f"EXPORT_WEBHOOK_URL may not be called ({rule})",
            )
            for url, more, rule in (
                ("http://hooks.example.com", {}, "http_not_allowed"),
                ("hooks.example.com", {}, "invalid_url"),
                ("https://10.0.0.1/", {}, "private_ip_blocked"),
                (
                    "https://a.example/",
                    {"EXPORT_WEBHOOK_ALLOWED_HOSTS": ".b.example"},
                    "host_not_allowlisted",
                ),
            )
        ],
        ({"EMAIL_FORM": "a@b.example"}, "EMAIL_FORM is unknown and ignored; EMAIL_FROM is known"),
        ({"ADMIN_READONLY": "true"}, "ADMIN_READONLY is unknown and ignored; ADMIN_READ_ONLY is known"),
        ({"admin_read_only": "true"}, "admin_read_only is unknown and ignored; ADMIN_READ_ONLY is known"),
    ],
)
def test_what_is_allowed_and_deserves_a_word(change: dict[str, str], word: str) -> None:
    environ = {**SOUND, **change}
    warnings = warnings_about(check_settings(environ)[0], environ)
    assert any(warning.startswith(word) for warning in warnings), warnings


def test_a_sound_environment_gets_no_word(config_check: Check) -> None:
    harmless = {"CORS_ORIGINS": "https://a.example,http://localhost:3000", "AWS_REGION": "x", "PATHS": "y"}
    environ = {**SOUND, **harmless}
    assert warnings_about(check_settings(environ)[0], environ) == []
    status, report = config_check({**environ, "METRICS_TOKENS": "x"})
    assert (status, len(report["warnings"])) == (0, 1)
