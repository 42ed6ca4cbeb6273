"""The operator's hand on organisations."""

import sys
from typing import TYPE_CHECKING, Any

import click

from entrypoints.cli.output import Failed, json_for_all, json_option, say
from entrypoints.cli.runtime import run_in_container, settings_here

if TYPE_CHECKING:
    from dishka import AsyncContainer

    from application.tenancy.create_org import CreatedOrg, CreateOrg
    from domain.tenancy.org import Org, OrgStatus

LONGEST_LINE = 2000


@click.group()
@json_for_all
def org() -> None:
    """Make organisations, list them, suspend and resume them."""


@org.command()
@click.option("--name", required=True, help="What people call it.")
@click.option("--slug", required=True, help="Its place in addresses: a-z, 0-9 and single hyphens.")
@click.option("--owner-email", required=True, help="Who owns it; a person who is known keeps the password.")
@click.option("--timezone", default="UTC", show_default=True, help="As in Europe/Berlin.")
@click.option("--currency", default="USD", show_default=True, help="ISO 4217.")
@click.option("--owner-password-stdin", is_flag=True, help="Read a new owner's password from standard input.")
@json_option
def create(*, owner_password_stdin: bool, as_json: bool, **wanted: str) -> None:  # noqa: ARG001  # always JSON
    """Make an organisation with its owner. A temporary password is shown this once."""
    from application.tenancy.create_org import CreateOrg

    password = _password_line() if owner_password_stdin else None
    command = CreateOrg(owner_password=password, **wanted)
    created = run_in_container(settings_here(), lambda container: _create(container, command))
    document: dict[str, Any] = {"org_id": created.org_id, "user_id": created.user_id}
    if created.temp_password is not None:
        document["temp_password"] = created.temp_password
    say(document, "", as_json=True)  # the contract's document, for people too


@org.command("list")
@json_option
def list_orgs(*, as_json: bool) -> None:
    """Every organisation, by slug."""
    orgs = run_in_container(settings_here(), _list)
    items = [{"org_id": o.id, "slug": o.slug, "status": o.status, "created_at": o.created_at} for o in orgs]
    lines = [f"{o.slug:<40}  {o.status:<9}  {o.id}" for o in orgs] or ["There is no organisation yet."]
    say({"items": items}, "\n".join(lines), as_json=as_json)


@org.command()
@click.option("--slug", required=True)
@json_option
def suspend(*, slug: str, as_json: bool) -> None:
    """Shut an organisation out: its sessions end, its public pages vanish. Its data stay."""
    _set_status(slug, "suspended", as_json=as_json)


@org.command()
@click.option("--slug", required=True)
@json_option
def resume(*, slug: str, as_json: bool) -> None:
    """Let a suspended organisation in again."""
    _set_status(slug, "active", as_json=as_json)


def _set_status(slug: str, wanted: str, *, as_json: bool) -> None:
    from domain.tenancy.org import OrgStatus

    status = OrgStatus(wanted)
    changed = run_in_container(settings_here(), lambda container: _apply(container, slug, status))
    sentence = f"{slug} is {status}." if changed else f"{slug} was {status} already."
    say({"slug": slug, "status": status, "changed": changed}, sentence, as_json=as_json)


def _password_line() -> str:
    """One line, without its end; never an argument, which other users of the host could see."""
    try:
        line = sys.stdin.buffer.readline(LONGEST_LINE).decode()
    except UnicodeDecodeError as error:
        raise Failed("The password on standard input is not UTF-8.") from error
    password = line.removesuffix("\n").removesuffix("\r")
    if not password:
        raise Failed("There is no password on standard input.")
    return password


async def _create(container: "AsyncContainer", command: "CreateOrg") -> "CreatedOrg":
    from application.tenancy.create_org import CreateOrgHandler

    handler = await container.get(CreateOrgHandler)
    return await handler.handle(command)


async def _list(container: "AsyncContainer") -> "list[Org]":
    from application.tenancy.operate_orgs import ListOrgsHandler

    handler = await container.get(ListOrgsHandler)
    return [org async for org in handler.handle()]


async def _apply(container: "AsyncContainer", slug: str, status: "OrgStatus") -> bool:
    from application.tenancy.operate_orgs import SetOrgStatus, SetOrgStatusHandler

    handler = await container.get(SetOrgStatusHandler)
    return await handler.handle(SetOrgStatus(slug, status))
