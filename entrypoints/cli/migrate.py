import asyncio

import click

from adapters.postgres.errors import SPOKEN, says_not_let_in
from adapters.postgres.migrate import Progress, RolesMissing
from adapters.postgres.migrate import check as look
from adapters.postgres.migrate import migrate as bring_to_head
from entrypoints.cli.output import FAILED, Failed, json_option, say
from entrypoints.cli.runtime import owner_url, running_database, settings_here


@click.command()
@click.option("--check", is_flag=True, help="Only report; exit status 1 if the database is behind.")
@json_option
def migrate(*, check: bool, as_json: bool) -> None:
    """Bring the database to head, under a lock: any number may be started at once."""
    with running_database(settings_here()) as settings:
        progress = asyncio.run(_progress(owner_url(settings), check=check))
    document = {
        "at_head": progress.at_head,
        "current": ",".join(progress.current) or None,
        "head": ",".join(progress.heads),
    }
    say(document, _sentence(progress), as_json=as_json)
    if not progress.at_head:
        raise SystemExit(FAILED)


async def _progress(url: str, *, check: bool) -> Progress:
    try:
        return await (look(url) if check else bring_to_head(url))
    except RolesMissing as missing:
        raise Failed(
            "\n  ".join([str(missing), *(f"{statement};" for statement in missing.statements)])
        ) from missing
    except OSError as error:
        raise Failed(f"The database cannot be reached: {error}") from error
    except SPOKEN as error:
        if (said := says_not_let_in(error)) is None:
            raise  # a migration that failed: its whole story is wanted
        raise Failed(f"The database cannot be reached, or refused: {said}") from error


def _sentence(progress: Progress) -> str:
    current, head = ", ".join(progress.current) or "nothing", ", ".join(progress.heads)
    return f"At head ({head})." if progress.at_head else f"Behind: at {current}, head is {head}."
