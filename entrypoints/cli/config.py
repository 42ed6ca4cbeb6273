import os

import click

from entrypoints.cli.output import UNSAFE, json_for_all, json_option, print_refusal, say
from entrypoints.settings import check_settings
from entrypoints.settings.warnings import warnings_about


@click.group()
@json_for_all
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
    warnings = warnings_about(settings, os.environ)
    document = {"status": "ok", "app_env": settings.general.app_env, "faults": [], "warnings": warnings}
    lines = [
        f"The configuration is fine for {settings.general.app_env}.",
        *(f"Warning: {w}" for w in warnings),
    ]
    say(document, "\n".join(lines), as_json=as_json)
