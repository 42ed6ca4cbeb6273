"""The `sweepline` command. Nothing of a subcommand is imported before it is called: `--help` stays quick."""

import os
import sys
from importlib import import_module
from typing import Any

import click

from entrypoints.cli.lifeline import hold_lifeline
from entrypoints.cli.output import UNSAFE, json_for_all, print_refusal
from entrypoints.cli.standard_places import fill_standard_places

COMMANDS: dict[str, tuple[str, str]] = {
    "serve": ("entrypoints.cli.serve:serve", "Serve the API, with everything it needs."),
    "migrate": ("entrypoints.cli.migrate:migrate", "Bring the database to head."),
    "reindex": (
        "entrypoints.cli.reindex:reindex",
        "Give back the room of indexes that have grown too large.",
    ),
    "demo": ("entrypoints.cli.demo:demo", "Fill a demo company with believable data."),
    "org": ("entrypoints.cli.org:org", "Make organisations, list, suspend and resume them."),
    "audit": ("entrypoints.cli.audit:audit", "Check the audit log."),
    "user": ("entrypoints.cli.user:user", "Help somebody who cannot get in."),
    "openapi": ("entrypoints.cli.openapi:openapi", "Print the OpenAPI 3.1 document."),
    "jobs": ("entrypoints.cli.jobs:jobs", "Run the jobs by the clock, or once; list them."),
    "doctor": ("entrypoints.cli.doctor:doctor", "Say what is wrong with what is configured."),
    "config": ("entrypoints.cli.config:config", "Look at the configuration."),
}
"""Name → where the command lives, and its line in the help. A context adds its commands here."""
HIDDEN = {"serve-worker": "entrypoints.cli.supervisor:serve_worker"}


class LazyGroup(click.Group):
    """Imports a command when it is called, not to list it."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        place = COMMANDS[cmd_name][0] if cmd_name in COMMANDS else HIDDEN.get(cmd_name)
        if place is None:
            return None
        module, _, attribute = place.partition(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary) for name, (_, summary) in COMMANDS.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@json_for_all
@click.version_option(package_name="sweepline", prog_name="sweepline")
def cli() -> None:
    """The back office that home-cleaning and field-service companies run on."""


def main(arguments: list[str] | None = None) -> Any:
    """Exit status: 0 done, 1 failed, 2 usage, 78 unsafe or missing configuration."""
    from entrypoints.settings.start import SettingsRefused

    fill_standard_places()
    hold_lifeline(os.environ)
    given = sys.argv[1:] if arguments is None else arguments
    try:
        return cli.main(args=given, prog_name="sweepline")
    except SettingsRefused as refused:
        print_refusal(refused.faults, as_json="--json" in given)
        sys.exit(UNSAFE)


if __name__ == "__main__":
    main()
