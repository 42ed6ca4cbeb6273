"""The operator's hand where nobody inside can help any more."""

from typing import TYPE_CHECKING

import click

from entrypoints.cli.output import json_for_all, json_option, say
from entrypoints.cli.runtime import run_in_container, settings_here

if TYPE_CHECKING:
    from dishka import AsyncContainer

    from application.identity.operator_reset import OperatorReset, OperatorResetDone
    from application.identity.remove_lost_factor import RemoveLostFactor
    from domain.shared.ids import UserId

LONGEST_REASON = 255


@click.group()
@json_for_all
def user() -> None:
    """Help somebody who cannot get in. Every organisation they belong to has it on record."""


@user.command("reset-password")
@click.option("--email", required=True, help="Whose password.")
@click.option("--reason", help="Why, for the audit log.")
@json_option
def reset_password(*, email: str, reason: str | None, as_json: bool) -> None:
    """Give a temporary password, shown this once; every session of the person ends."""
    from application.identity.operator_reset import OperatorReset

    command = OperatorReset(email=email, reason=None if reason is None else checked(reason))
    done = run_in_container(settings_here(), lambda container: _reset(container, command))
    document = {"user_id": done.user_id, "temp_password": done.temp_password}
    text = f"The temporary password, shown this once: {done.temp_password}"
    say(document, text, as_json=as_json)


@user.command("disable-mfa")
@click.option("--email", required=True, help="Whose second factor.")
@click.option("--reason", required=True, help="Why, for the audit log.")
@json_option
def disable_mfa(*, email: str, reason: str, as_json: bool) -> None:
    """Take a lost second factor away; every session of the person ends."""
    from application.identity.remove_lost_factor import RemoveLostFactor

    command = RemoveLostFactor(email, checked(reason))
    user_id = run_in_container(settings_here(), lambda container: _remove(container, command))
    say({"user_id": user_id, "status": "disabled"}, "The second factor is off.", as_json=as_json)


def checked(reason: str) -> str:
    if not 0 < len(reason) <= LONGEST_REASON:
        raise click.BadParameter(f"has 1 to {LONGEST_REASON} characters", param_hint="--reason")
    return reason


async def _reset(container: "AsyncContainer", command: "OperatorReset") -> "OperatorResetDone":
    from application.identity.operator_reset import OperatorResetHandler

    handler = await container.get(OperatorResetHandler)
    return await handler.handle(command)


async def _remove(container: "AsyncContainer", command: "RemoveLostFactor") -> "UserId":
    from application.identity.remove_lost_factor import RemoveLostFactorHandler

    handler = await container.get(RemoveLostFactorHandler)
    return await handler.handle(command)
