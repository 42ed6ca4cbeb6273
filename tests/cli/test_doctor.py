import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.database import TestDatabase
from tests.support.http import json_of, run_cli
from tests.support.redis import RedisServer, open_redis
from tests.support.smtp import Postbox, mail_server


@pytest.fixture
def redis() -> Iterator[RedisServer]:
    with open_redis() as server:
        yield server


def test_a_sound_installation_is_all_ok(tmp_path: Path, postgres: TestDatabase, redis: RedisServer) -> None:
    environ = {
        "REDIS_URL": redis.url,
        "APP_ENV": "dev",
        "DATABASE_URL": postgres.app_url,
        "ORDER_UPLOAD_ROOT": str(tmp_path / "uploads"),
    }
    report = json_of(run_cli("doctor", "--json", home=tmp_path, environ=environ))
    assert report["status"] == "ok"
    assert {check["name"] for check in report["checks"]} == {"database", "mail", "storage", "redis", "stripe"}
    assert {check["message"] for check in report["checks"] if check["name"] == "redis"} == {"runs scripts"}
    assert list((tmp_path / "uploads").iterdir()) == []


def test_everything_wrong_is_said_at_once_without_secrets(tmp_path: Path) -> None:
    environ = {
        "APP_ENV": "dev",
        "DATABASE_URL": f"postgresql://app:canary@/db?host={tmp_path}",
        "EMAIL_MODE": "smtp",
        "SMTP_HOST": "127.0.0.1",
        "SMTP_PORT": "1",
        "EMAIL_FROM": "office@example.com",
        "REDIS_URL": "redis://:canary@127.0.0.1:1",
        "STRIPE_SECRET_KEY": "canary",
        "ORDER_UPLOAD_ROOT": "/proc/nowhere",
    }
    finished = run_cli("doctor", "--json", home=tmp_path, environ=environ)
    assert finished.returncode == 1, finished.stderr
    checks = {check["name"]: check for check in json.loads(finished.stdout)["checks"]}
    assert not any(check["ok"] for check in checks.values())
    assert "canary" not in finished.stdout + finished.stderr


def test_a_test_mail_leaves_on_request(tmp_path: Path, postgres: TestDatabase) -> None:
    postbox = Postbox()
    with mail_server(postbox) as port:
        environ = {
            "APP_ENV": "dev",
            "DATABASE_URL": postgres.app_url,
            "EMAIL_MODE": "smtp",
            "EMAIL_FROM": "office@example.com",
            "EMAIL_FROM_NAME": "Office",
            "SMTP_HOST": "127.0.0.1",
            "SMTP_PORT": str(port),
            "SMTP_USE_TLS": "false",
            "ORDER_UPLOAD_ROOT": str(tmp_path / "uploads"),
        }
        run_cli("doctor", "--json", home=tmp_path, environ=environ)
        assert postbox.received == []
        sent = run_cli(
            "doctor", "--send-test-mail", "jane@example.com", "--json", home=tmp_path, environ=environ
        )
    report = json_of(sent)
    (mail,) = postbox.received
    assert (mail["To"], mail["From"]) == ("jane@example.com", "Office <office@example.com>")
    (check,) = [check for check in report["checks"] if check["name"] == "test_mail"]
    assert mail["Message-ID"] in check["message"]


@pytest.mark.parametrize(("mode", "to"), [("off", "jane@example.com"), ("file", "no address")])
def test_a_test_mail_that_cannot_leave_is_a_finding(
    tmp_path: Path, postgres: TestDatabase, mode: str, to: str
) -> None:
    environ = {"APP_ENV": "dev", "DATABASE_URL": postgres.app_url, "EMAIL_MODE": mode}
    finished = run_cli("doctor", "--send-test-mail", to, "--json", home=tmp_path, environ=environ)
    assert finished.returncode == 1
    checks = {check["name"]: check["ok"] for check in json.loads(finished.stdout)["checks"]}
    assert checks["test_mail"] is False
