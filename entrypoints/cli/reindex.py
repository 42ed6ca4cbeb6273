import asyncio

import click
from sqlalchemy.exc import DBAPIError

from adapters.postgres.errors import SPOKEN
from adapters.postgres.index_room import Worth
from adapters.postgres.reindex import Rebuild, ReindexRefused, survey
from adapters.postgres.reindex import reindex as rebuild
from entrypoints.cli.output import FAILED, Failed, json_option, say
from entrypoints.cli.runtime import owner_url, running_database, settings_here

MIB = 1 << 20


@click.command()
@click.option("--check", is_flag=True, help="Only report; exit status 1 if a rebuild would pay.")
@click.option(
    "--min-gain",
    metavar="MIB",
    type=click.IntRange(0, 1 << 20),
    default=Worth().least_gain_bytes // MIB,
    show_default=True,
    help="Leave an index alone that would give back less.",
)
@json_option
def reindex(*, check: bool, min_gain: int, as_json: bool) -> None:
    """Give back the room of indexes that are far larger than what they hold.

    Everybody goes on reading and writing. An interrupted run is finished by the next one. Needs
    DATABASE_OWNER_URL, as `migrate` does, and room on the disk for what the largest index holds.
    """
    worth = Worth(min_gain * MIB)
    with running_database(settings_here()) as settings:
        work = asyncio.run(_work(owner_url(settings), worth, check=check))
    would_pay = bool(work.oversized or work.leftovers)
    say(_document(work), "\n".join(_lines(work, check=check)), as_json=as_json)
    if work.stopped_by is not None or (check and would_pay):
        raise SystemExit(FAILED)


async def _work(url: str, worth: Worth, *, check: bool) -> Rebuild:
    try:
        return await (survey if check else rebuild)(url, worth)
    except ReindexRefused as refused:
        raise Failed(str(refused)) from refused
    except (OSError, *SPOKEN) as error:
        told = error.orig if isinstance(error, DBAPIError) else error
        raise Failed(f"The database cannot be reached, or refused: {told}") from error


def _document(work: Rebuild) -> dict[str, object]:
    done = {each.index.name: each for each in work.rebuilt}
    return {
        "indexes": [
            {
                "index": index.name,
                "table": index.table,
                "bytes": index.bytes,
                "needed_bytes": index.needed_bytes,
                "bytes_now": done[index.name].bytes_now if index.name in done else None,
            }
            for index in work.oversized
        ],
        "leftovers": work.leftovers,
        "freed_bytes": work.freed_bytes,
        "stopped_by": work.stopped_by,
        "still_left": work.still_left,
    }


def _lines(work: Rebuild, *, check: bool) -> list[str]:
    lines = [
        f"{name}: left by a rebuild that did not end{'' if check else '; dropped'}" for name in work.leftovers
    ]
    done = {each.index.name: each for each in work.rebuilt}
    for index in work.oversized:
        line = f"{index.name}: {_mib(index.bytes)}, what it holds takes {_mib(index.needed_bytes)}"
        if index.name in done:
            each = done[index.name]
            line += f"; rebuilt in {each.seconds:.1f} s, {_mib(each.bytes_now)} now"
        lines.append(line)
    if work.stopped_by is not None:
        lines.append(f"Stopped: {work.stopped_by}. Run it again, it goes on from here.")
    if not work.oversized:
        lines.append("No index is much larger than what it holds.")
    elif check:
        gain = sum(index.gain_bytes for index in work.oversized)
        lines.append(f"`sweepline reindex` would give back about {_mib(gain)}.")
    else:
        lines.append(f"Given back: {_mib(work.freed_bytes)}.")
    return lines


def _mib(size: int) -> str:
    return f"{size / MIB:.1f} MiB"
