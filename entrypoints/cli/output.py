"""What commands print: text for people, or one JSON document with `--json`, anywhere on the line."""

from collections.abc import Callable, Sequence
from typing import Any

import click

from entrypoints.settings.parsing import Fault

FAILED, USAGE, UNSAFE = 1, 2, 78
AS_JSON = "sweepline.as_json"


class Failed(click.ClickException):
    """The command could not do it: one line on standard error, exit status 1; a document with `--json`."""

    exit_code = FAILED

    def __init__(self, message: str) -> None:
        super().__init__(message)
        context = click.get_current_context(silent=True)
        self.as_json = context is not None and bool(context.meta.get(AS_JSON))

    def show(self, file: Any = None) -> None:  # noqa: ARG002  # click's signature
        if self.as_json:
            say({"status": "failed", "message": self.message}, "", as_json=True)
        click.echo(f"sweepline: {self.message}", err=True)


def json_option[F: Callable[..., Any]](command: F) -> F:
    """Adds `--json`, given to the command as `as_json`: also if it stood before the command's name."""
    option = click.option("--json", "as_json", is_flag=True, callback=_noted, help="Print one JSON document.")
    return option(command)


def json_for_all[F: Callable[..., Any]](group: F) -> F:
    """Adds `--json` to a group, for whichever of its commands is called."""
    option = click.option(
        "--json",
        is_flag=True,
        callback=_noted,
        expose_value=False,
        is_eager=True,
        help="Print one JSON document.",
    )
    return option(group)


def _noted(context: click.Context, _parameter: click.Parameter, given: bool) -> bool:
    """A context's `meta` is one for all levels of a command line."""
    wanted = given or bool(context.meta.get(AS_JSON))
    context.meta[AS_JSON] = wanted
    return wanted


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
