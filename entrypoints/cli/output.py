"""What commands print: text for people, or one JSON document with `--json`."""

from collections.abc import Callable, Sequence
from typing import Any

import click

from entrypoints.settings.parsing import Fault

FAILED, USAGE, UNSAFE = 1, 2, 78


class Failed(click.ClickException):
    """The command could not do it: one line on standard error, exit status 1."""

    exit_code = FAILED

    def show(self, file: Any = None) -> None:  # noqa: ARG002  # click's signature
        click.echo(f"sweepline: {self.message}", err=True)


def json_option[F: Callable[..., Any]](command: F) -> F:
    """Adds `--json`, given to the command as `as_json`."""
    option = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
    return option(command)


def say(document: Any, text: str, *, as_json: bool) -> None:
    if as_json:
        import msgspec

        click.echo(msgspec.json.encode(document, enc_hook=str).decode())
    else:
        click.echo(text)


def print_refusal(faults: Sequence[Fault], *, as_json: bool) -> None:
    """Every fault at once, each with its remedy; on standard error unless it is the document asked for."""
    if as_json:
        listed = [{"variable": f.variable, "message": f.message, "remedy": f.remedy} for f in faults]
        say({"status": "refused", "faults": listed}, "", as_json=True)
        return
    click.echo("sweepline: the configuration is unsafe or does not parse:", err=True)
    for fault in faults:
        click.echo(f"  {fault}", err=True)
