"""The operator's hand where nobody inside can help any more."""

from typing import TYPE_CHECKING

import click

from entrypoints.cli.output import json_option, say
from entrypoints.cli.runtime import run_in_container, settings_here

if TYPE_CHECKING:
    from dishka import AsyncContainer

    from application.identity.operator_reset import OperatorReset, OperatorResetDone

LONGEST_REASON = 255


@click.group()
def user() -> None:
    """Help somebody who cannot get in. Every organisation they belong to has it on record."""


@user.command("reset-password")
@click.option("--email", required=True, help="Whose password.")
@click.option("--reason", help="Why, for the audit log.")
@json_option
def reset_password(*, email: str, reason: str | None, as_json: bool) -> None:
    """Give a temporary password, shown this once; every session of the person ends."""
    from application.identity.operator_reset import OperatorReset

    if reason is not None and not 0 < len(reason) <= LONGEST_REASON:
        raise click.BadParameter(f"has 1 to {LONGEST_REASON} characters", param_hint="--reason")
    command = OperatorReset(email=email, reason=reason)
    done = run_in_container(settings_here(), lambda container: _reset(container, command))
    document = {"user_id": done.user_id, "temp_password": done.temp_password}
    text = f"The temporary password, shown this once: {done.temp_password}"
    say(document, text, as_json=as_json)


async def _reset(container: "AsyncContainer", command: "OperatorReset") -> "OperatorResetDone":
    from application.identity.operator_reset import OperatorResetHandler

    handler = await container.get(OperatorResetHandler)
    return await handler.handle(command)
