import asyncio
import os
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from entrypoints.cli.output import FAILED, Failed, json_option, say
from entrypoints.cli.runtime import running_database, settings_here
from entrypoints.cli.trial_mail import send_trial_mail

if TYPE_CHECKING:
    from entrypoints.settings import Settings

REDIS_SECONDS = 3
STRIPE_KEYS = ("sk_live_", "sk_test_", "rk_live_", "rk_test_")


@dataclass(frozen=True, slots=True)
class Finding:
    name: str
    ok: bool
    message: str


@click.command()
@click.option(
    "--try-storage", is_flag=True, help="Put a small picture, open it by a signed link, and delete it."
)
@click.option("--send-test-mail", "to", metavar="TO", help="Also send one mail to this address.")
@json_option
def doctor(*, try_storage: bool, to: str | None, as_json: bool) -> None:
    """Reach the database, Redis, storage and mail as configured, and say what is wrong."""
    settings = settings_here()
    findings = [_database(settings)]
    checks = {**CHECKS, "storage": _tried_storage} if try_storage else CHECKS
    findings += [asyncio.run(_carefully(name, check, settings)) for name, check in checks.items()]
    if to is not None:
        findings.append(asyncio.run(_carefully("test_mail", partial(send_trial_mail, to=to), settings)))
    sound = all(finding.ok for finding in findings)
    document = {
        "status": "ok" if sound else "failed",
        "checks": [{"name": f.name, "ok": f.ok, "message": f.message} for f in findings],
    }
    lines = [f"{'ok  ' if f.ok else 'FAIL'} {f.name}: {f.message}" for f in findings]
    say(document, "\n".join(lines), as_json=as_json)
    if not sound:
        raise SystemExit(FAILED)


def _database(settings: "Settings") -> Finding:
    try:
        with running_database(settings) as ready:
            return asyncio.run(_look_at_database(ready))
    except Failed as error:
        return Finding("database", ok=False, message=error.message)


async def _look_at_database(settings: "Settings") -> Finding:
    from adapters.postgres.probe import DatabaseProbe

    url = settings.database.url
    address = url.reveal() if url else ""
    probe = DatabaseProbe(address, settings.database.prepared_statements)
    state = await probe.look_patiently()
    await probe.close()
    advice = {
        "migrations_behind": "run `sweepline migrate`",
        "tenant_isolation_broken": "connect as sweepline_app; `sweepline migrate` creates it",
    }.get(state.message, "")
    if settings.embedded_database and state.message == "migrations_behind":
        return Finding("database", ok=True, message="embedded; `sweepline serve` will migrate it")
    if state.ok:
        advice = await _room_to_win(address, prepared_statements=settings.database.prepared_statements)
    return Finding("database", state.ok, ": ".join(filter(None, [state.message, advice])))


async def _room_to_win(address: str, *, prepared_statements: bool) -> str:
    """What indexes hold for nothing, as far as the app's role sees; nothing is wrong with that."""
    from adapters.postgres.engine import DatabaseOptions, make_engine
    from adapters.postgres.errors import SPOKEN
    from adapters.postgres.index_room import Worth, find_oversized

    engine = make_engine(DatabaseOptions(address, pool_size=1, prepared_statements=prepared_statements))
    try:
        async with engine.connect() as connection:
            gain = sum(index.gain_bytes for index in await find_oversized(connection, Worth()))
    except SPOKEN:  # it went away since it was found well; there is nothing to advise then
        return ""
    finally:
        await engine.dispose()
    return f"`sweepline reindex` would give back about {gain >> 20} MiB of indexes" if gain else ""


async def _carefully(
    name: str, check: "Callable[[Settings], Awaitable[str]]", settings: "Settings"
) -> Finding:
    from domain.delivery.faults import DeliveryFailed
    from domain.shared.redaction import redact_text

    try:
        return Finding(name, ok=True, message=await check(settings))
    except DeliveryFailed as failed:
        return Finding(name, ok=False, message=redact_text(str(failed)))
    except (OSError, ValueError, TimeoutError) as error:
        return Finding(name, ok=False, message=redact_text(str(error)) or type(error).__name__)


async def _mail(settings: "Settings") -> str:
    mode = settings.email.mode
    if mode == "file":
        return f"{mode}: {_writable(settings.home / 'mail')}"
    if mode == "off":
        return "off"
    from adapters.sendgrid.mailer import SendGridMailer
    from adapters.smtp.mailer import SmtpMailer
    from entrypoints.sending.mail import open_mailer

    async with open_mailer(settings) as mailer:
        if isinstance(mailer, SmtpMailer | SendGridMailer):
            await mailer.greet()
    return "smtp: the server takes our mail" if mode == "smtp" else "sendgrid: the key may send mail"


async def _storage(settings: "Settings") -> str:
    if settings.storage.backend == "local":
        return f"local: {_writable(settings.upload_root)}"
    from entrypoints.cli.storage_trial import reach_storage

    return await reach_storage(settings)


async def _tried_storage(settings: "Settings") -> str:
    from entrypoints.cli.storage_trial import try_storage

    return await try_storage(settings)


async def _redis(settings: "Settings") -> str:
    url = settings.edge.redis_url
    if url is None:
        return "off"
    from redis.exceptions import RedisError

    from adapters.limits.on_redis import PROBE, RedisWindows, connect

    windows = RedisWindows(connect(url.reveal()))
    try:
        async with asyncio.timeout(REDIS_SECONDS):
            await windows.spend("probe", PROBE)
    except TimeoutError as error:
        raise TimeoutError(f"does not answer within {REDIS_SECONDS} s") from error
    except (RedisError, TypeError) as error:  # the latter for an unknown option of the address
        raise OSError(f"cannot run a script: {error}") from error
    finally:
        await windows.client.aclose()
    return "runs scripts"


async def _stripe(settings: "Settings") -> str:
    key, hook = settings.stripe.secret_key, settings.stripe.webhook_secret
    if key is None:
        return "off"
    if not key.reveal().startswith(STRIPE_KEYS):
        raise ValueError("STRIPE_SECRET_KEY is not a secret or restricted key")
    if hook is None or not hook.reveal().startswith("whsec_"):
        raise ValueError("STRIPE_WEBHOOK_SECRET is missing or not a signing secret")
    return "well formed"


def _writable(folder: Path) -> str:
    folder.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=folder, prefix=".doctor-")
    os.close(handle)
    Path(name).unlink()
    return f"{folder} is writable"


CHECKS: "dict[str, Callable[[Settings], Awaitable[str]]]" = {
    "mail": _mail,
    "storage": _storage,
    "redis": _redis,
    "stripe": _stripe,
}
