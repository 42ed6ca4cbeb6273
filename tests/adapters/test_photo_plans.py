"""What is asked of photos follows an index of the organisation, however many it has."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import CursorResult, text
from sqlalchemy.sql import ClauseElement

from adapters.postgres import booking_lists, photo_queue, photos
from adapters.postgres.unit_of_work import PostgresUnitOfWork
from adapters.system.identifiers import SystemIdentifiers
from application.ports.bookings import BookingFilter
from application.scheduling.founding import found_scheduling
from domain.shared.ids import OrgId
from tests.adapters.test_calendar_plans import YEARS_OF_BOOKINGS
from tests.support.clock import START
from tests.support.database import TestDatabase
from tests.support.orgs import MakeOrg
from tests.support.plans import Explain

SOMEBODY = UUID(int=5)
PHOTOS_OF_YEARS = """
    set session_replication_role = replica;
    insert into order_photos (org_id, photo_id, booking_id, state, size_bytes, uploader_kind, uploader_name,
        uploaded_at, phase, filename, content_type, extension, width, height, sha256, sent_sha256, stored_key,
        review_status, review_comment, version)
    select org_id, gen_random_uuid(), booking_id, 'stored', 1000, 'staff', 'Jo', starts_at, 'BEFORE', 'a.jpg',
        'image/jpeg', '.jpg', 40, 30, '', decode(md5(random()::text), 'hex'), 'key',
        case when n = 1 and extract(day from starts_at) = 1 then 'pending' else 'approved' end, null, 1
    from bookings, generate_series(1, 3) n where org_id = '{org}';
    analyze order_photos;
"""
INDEXES = text("select indexdef from pg_indexes where tablename = 'order_photos'")
TODAY = BookingFilter(touching_from=START, touching_before=START + timedelta(days=1))
LIST, ASKED = booking_lists.question(TODAY, None, 50)
OF_A_VISIT = {"booking_id": SOMEBODY, "limit": 51}
PHOTO_COUNTS = "order_photos_"
"""Of each visit in a list, by whichever index begins with org_id and booking_id."""
QUEUE = {"halves": ["needs_retake", "pending"], "most": 50, "skipped": 0}


@pytest.fixture
async def photographed_org(
    postgres: TestDatabase, postgres_uow: PostgresUnitOfWork, make_org: MakeOrg
) -> OrgId:
    """Two years of visits with three photos each, few of which wait for a look."""
    org_id = await make_org()
    async with postgres_uow.begin(org_id) as unit:
        await found_scheduling(unit, START, SystemIdentifiers())
        team = await unit.teams.default()
    postgres.execute(YEARS_OF_BOOKINGS.format(org=org_id, team=team.id))
    postgres.execute(PHOTOS_OF_YEARS.format(org=org_id))
    return org_id


async def test_questions_about_photos_follow_their_indexes(
    postgres_uow: PostgresUnitOfWork, photographed_org: OrgId
) -> None:
    questions: list[tuple[ClauseElement, dict[str, Any], str]] = [
        (photos.FIRST_PAGE, OF_A_VISIT, "order_photos_by_upload"),
        (photos.NEXT_PAGE, {**OF_A_VISIT, "after_at": START, "after_id": SOMEBODY}, "order_photos_by_upload"),
        (
            photos.SAME,
            {"booking_id": SOMEBODY, "phase": "BEFORE", "sent_sha256": b"x"},
            "order_photos_same_bytes",
        ),
        (photos.LOCK, {"id": SOMEBODY, "booking_id": SOMEBODY}, "order_photos_"),
        (photo_queue.QUEUE, QUEUE, "order_photos_in_queue"),
    ]
    async with postgres_uow.begin(photographed_org) as unit:
        for statement, values, index in questions:
            follows(await unit.connection.execute(Explain(statement), values), index)
        given = tuple(ASKED[name] for name in LIST.names)
        follows(await unit.connection.exec_driver_sql(f"explain {LIST.sql}", given), PHOTO_COUNTS)


def follows(explained: CursorResult[Any], index: str) -> None:
    plan = "\n".join(str(line) for (line,) in explained)
    assert f"using {index}" in plan or f"on {index}" in plan, plan
    for table in ("order_photos", "bookings"):
        assert f"Seq Scan on {table}" not in plan, plan


async def test_every_index_of_photos_begins_with_the_organisation(postgres_uow: PostgresUnitOfWork) -> None:
    async with postgres_uow.begin(OrgId(SOMEBODY)) as unit:
        found = [row.indexdef for row in await unit.connection.execute(INDEXES)]
    assert len(found) >= 6
    assert [made for made in found if "(org_id," not in made] == []
