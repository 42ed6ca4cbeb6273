"""The operator's look at the audit log."""

import sys
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

import click

from entrypoints.cli.output import FAILED, json_for_all, json_option, say
from entrypoints.cli.runtime import run_in_container, settings_here

if TYPE_CHECKING:
    from dishka import AsyncContainer

    from domain.tenancy.org import Org


@click.group()
@json_for_all
def audit() -> None:
    """Check the audit log."""


@audit.command()
@click.option("--org", "slug", help="One organisation by its slug, instead of all.")
@json_option
def verify(*, slug: str | None, as_json: bool) -> None:
    """Recompute every chain against its head. Exit status 1 names what does not hold."""
    found = run_in_container(settings_here(), lambda container: _verify(container, slug))
    broken = [document for document in found if document["status"] == "broken"]
    say({"orgs": found, "broken": len(broken)}, "\n".join(map(_sentence, found)), as_json=as_json)
    if broken:
        sys.exit(FAILED)


def _sentence(document: dict[str, Any]) -> str:
    if document["status"] == "ok":
        return f"{document['org']}: ok, {document['seq']} rows, head {document['hash']}"
    return f"{document['org']}: broken at {document['first_broken_seq']} ({document['how']})"


async def _verify(container: "AsyncContainer", slug: str | None) -> list[dict[str, Any]]:
    from application.safety.verify_audit import VerifyAuditHandler

    handler = await container.get(VerifyAuditHandler)
    documents: list[dict[str, Any]] = []
    async for org in _orgs(container, slug):
        verdict = await handler.handle(org.id)
        broken = verdict.broken
        documents.append(
            {
                "org": org.slug,
                "org_id": org.id,
                "status": "ok" if broken is None else "broken",
                "seq": verdict.head.seq,
                "hash": verdict.head.hash.hex(),
                "first_broken_seq": None if broken is None else broken.seq,
                "how": None if broken is None else broken.harm.value,
            }
        )
    return documents


async def _orgs(container: "AsyncContainer", slug: str | None) -> "AsyncIterator[Org]":
    """All, or the one; raises NotFound."""
    from application.ports.unit_of_work import UnitOfWork
    from application.tenancy.operate_orgs import ListOrgsHandler
    from domain.shared.errors import NotFound

    if slug is None:
        async for org in (await container.get(ListOrgsHandler)).handle():
            yield org
        return
    async with (await container.get(UnitOfWork)).begin_global() as shared:
        named = await shared.directory.by_slug(slug)
    if named is None:
        raise NotFound("slug", "There is no organisation with this slug.")
    yield named
