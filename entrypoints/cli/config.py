import os

import click

from entrypoints.cli.output import UNSAFE, json_option, print_refusal, say
from entrypoints.settings import Settings, check_settings


@click.group()
def config() -> None:
    """Look at the configuration."""


@config.command()
@json_option
def check(*, as_json: bool) -> None:
    """Validate the configuration as start-up would; reach for nothing outside."""
    settings, faults = check_settings(os.environ)
    if faults:
        print_refusal(faults, as_json=as_json)
        raise SystemExit(UNSAFE)
    warnings = warnings_about(settings)
    document = {"status": "ok", "app_env": settings.general.app_env, "faults": [], "warnings": warnings}
    lines = [
        f"The configuration is fine for {settings.general.app_env}.",
        *(f"Warning: {w}" for w in warnings),
    ]
    say(document, "\n".join(lines), as_json=as_json)


def warnings_about(settings: Settings) -> list[str]:
    found = []
    if settings.basic.enabled and not settings.is_dev:
        found.append("LEGACY_BASIC_AUTH_ENABLED is on in production; give everyone an account instead.")
    if settings.basic.enabled and settings.auth.admin_mfa_required:
        found.append("ADMIN_MFA_REQUIRED does not bind Basic callers; turn LEGACY_BASIC_AUTH_ENABLED off.")
    return found
