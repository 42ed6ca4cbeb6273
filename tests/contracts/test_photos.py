"""The photos' port, on memory and on PostgreSQL: one promise, two keepers."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from application.ports.photos import PhotoPosition, PhotoQueuePage, QueueHalf, TwinStored
from application.ports.unit_of_work import UnitOfWork
from domain.booking.booking import Booking
from domain.photos.photo import Phase, Photo, Reservation, ReviewStatus, Uploader, UploaderKind
from domain.photos.refusals import PhotoNotFound
from domain.shared.ids import BookingId, OrgId, PhotoId, TeamId
from tests.contracts.test_bookings import a_visit, new_id
from tests.support.leads import a_lead
from tests.support.photos import NOON, a_photo, a_picture
from tests.support.scheduling import a_team

NORTH = TeamId(UUID(int=1))
MINUTE = timedelta(minutes=1)
PENDING, APPROVED, NEEDS_RETAKE = ReviewStatus.PENDING, ReviewStatus.APPROVED, ReviewStatus.NEEDS_RETAKE
BOTH: frozenset[QueueHalf] = frozenset({"pending", "needs_retake"})


@pytest.fixture
async def visit(uow: UnitOfWork, an_org: OrgId) -> Booking:
    lead = a_lead()
    booking = a_visit(lead_id=lead.id)
    async with uow.begin(an_org) as unit:
        await unit.teams.save(a_team(1, name="North", is_default=True))
        await unit.leads.save(lead)
        await unit.bookings.save(booking)
    return booking


def new_photo(visit: Booking, seed: str = "one", **fields: object) -> Photo:
    given = {"id": PhotoId(new_id()), "booking_id": visit.id, "picture": a_picture(seed), **fields}
    return a_photo(**given)  # type: ignore[arg-type]  # fields of a photo


def reservation_of(photo: Photo, begun_at: datetime = NOON) -> Reservation:
    return Reservation(
        id=photo.id,
        booking_id=photo.booking_id,
        uploader=photo.uploader,
        reserved_bytes=10_000,
        begun_at=begun_at,
    )


async def store(uow: UnitOfWork, org: OrgId, *photos: Photo) -> None:
    for photo in photos:
        async with uow.begin(org) as unit:
            await unit.photos.reserve(reservation_of(photo))
            await unit.photos.store(photo)


async def test_a_photo_comes_back_as_it_was_stored(uow: UnitOfWork, an_org: OrgId, visit: Booking) -> None:
    photo = new_photo(
        visit,
        phase=Phase.AFTER,
        filename="küche.jpg",
        uploader=Uploader(UploaderKind.WORKER, new_id(), "Ann"),
        picture=a_picture("one", stored_thumbnail_key=None),
    )
    await store(uow, an_org, photo)
    async with uow.begin(an_org) as unit:
        assert await unit.photos.get(visit.id, photo.id) == photo
        assert await unit.photos.find(photo.id) == photo
        same = await unit.photos.find_same(visit.id, Phase.AFTER, photo.picture.sent_sha256)
        assert same == photo
        judged = photo.review(NOON, NEEDS_RETAKE, comment="dark", reviewer=new_id())
        await unit.photos.save(judged)
        assert await unit.photos.lock(visit.id, photo.id) == judged


async def test_an_upload_under_way_is_no_photo(uow: UnitOfWork, an_org: OrgId, visit: Booking) -> None:
    photo = new_photo(visit)
    async with uow.begin(an_org) as unit:
        await unit.photos.reserve(reservation_of(photo))
    async with uow.begin(an_org) as unit:
        assert await unit.photos.find(photo.id) is None
        assert not await unit.photos.list_page(visit.id, None, 10)
        assert await unit.photo_queue.page(BOTH, limit=10, offset=0) == PhotoQueuePage([], 0, 0)
        with pytest.raises(PhotoNotFound):
            await unit.photos.get(visit.id, photo.id)
        await unit.photos.delete(photo.id)
        with pytest.raises(PhotoNotFound):
            await unit.photos.store(photo)


async def test_the_same_bytes_are_stored_once_for_an_order_and_a_phase(
    uow: UnitOfWork, an_org: OrgId, visit: Booking
) -> None:
    first, twin = new_photo(visit), new_photo(visit)
    await store(uow, an_org, first, new_photo(visit, phase=Phase.AFTER), new_photo(visit, "two"))
    with pytest.raises(TwinStored):
        await store(uow, an_org, twin)
    async with uow.begin(an_org) as unit:
        await unit.photos.delete(first.id)
    await store(uow, an_org, twin)


async def test_another_order_and_another_organisation_see_nothing(
    uow: UnitOfWork, an_org: OrgId, rival: OrgId, visit: Booking
) -> None:
    photo = new_photo(visit)
    await store(uow, an_org, photo)
    async with uow.begin(an_org) as unit:
        for question in (unit.photos.get, unit.photos.lock):
            with pytest.raises(PhotoNotFound):
                await question(BookingId(new_id()), photo.id)
    async with uow.begin(rival) as unit:
        assert await unit.photos.find(photo.id) is None
        assert await unit.photos.find_same(visit.id, photo.phase, photo.picture.sent_sha256) is None
        assert not await unit.photos.list_page(visit.id, None, 10)
        with pytest.raises(PhotoNotFound):
            await unit.photos.get(visit.id, photo.id)


async def test_pages_are_by_upload_then_id(uow: UnitOfWork, an_org: OrgId, visit: Booking) -> None:
    photos = [new_photo(visit, str(n), uploaded_at=NOON + (n // 2) * MINUTE) for n in range(5)]
    await store(uow, an_org, *reversed(photos))
    wanted = sorted(photos, key=lambda photo: (photo.uploaded_at, photo.id))
    async with uow.begin(an_org) as unit:
        first = await unit.photos.list_page(visit.id, None, 2)
        after = PhotoPosition(first[-1].uploaded_at, first[-1].id)
        rest = await unit.photos.list_page(visit.id, after, 10)
    assert [*first, *rest] == wanted


async def test_who_stands_in_whose_place(uow: UnitOfWork, an_org: OrgId, visit: Booking) -> None:
    old = new_photo(visit, "old")
    newer = new_photo(visit, "newer", replaces=old.id)
    await store(uow, an_org, old, newer)
    async with uow.begin(an_org) as unit:
        await unit.photos.save(old.replaced_with(newer.id))
    async with uow.begin(an_org) as unit:
        assert (await unit.photos.get(visit.id, old.id)).replaced_by == newer.id
        assert (await unit.photos.get(visit.id, newer.id)).replaces == old.id
        await unit.photos.save(old.replaced_with(newer.id).followed_by(None))
        await unit.photos.delete(newer.id)


async def test_the_queue_holds_what_waits_longest_first(
    uow: UnitOfWork, an_org: OrgId, rival: OrgId, visit: Booking
) -> None:
    waiting = new_photo(visit, "waiting", uploaded_at=NOON + 2 * MINUTE)
    retake = new_photo(visit, "retake", uploaded_at=NOON)
    later = new_photo(visit, "later", uploaded_at=NOON + 3 * MINUTE)
    done, replaced = new_photo(visit, "done"), new_photo(visit, "replaced")
    await store(uow, an_org, waiting, retake, later, done, replaced)
    async with uow.begin(an_org) as unit:
        await unit.photos.save(retake.review(NOON, NEEDS_RETAKE, comment="dark", reviewer=None))
        await unit.photos.save(done.review(NOON, APPROVED, comment=None, reviewer=None))
        await unit.photos.save(replaced.replaced_with(waiting.id))
    async with uow.begin(an_org) as unit:
        every = await unit.photo_queue.page(BOTH, limit=10, offset=0)
        assert [item.photo_id for item in every.items] == [retake.id, waiting.id, later.id]
        assert (every.pending_count, every.needs_retake_count) == (2, 1)
        first = every.items[0]
        assert (first.lead_name, first.starts_at) == ("Jane Doe", visit.slot.starts_at)
        assert (first.review_status, first.review_comment) == ("needs_retake", "dark")
        assert first.uploader_name == retake.uploader.name
        page = await unit.photo_queue.page(frozenset({"pending"}), limit=1, offset=1)
        assert [item.photo_id for item in page.items] == [later.id]
        assert (page.pending_count, page.needs_retake_count) == (2, 1)
        beyond = await unit.photo_queue.page(BOTH, limit=10, offset=3)
        assert (beyond.items, beyond.pending_count) == ([], 2)
    async with uow.begin(rival) as unit:
        assert await unit.photo_queue.page(BOTH, limit=10, offset=0) == PhotoQueuePage([], 0, 0)


async def test_a_link_is_spent_once_for_each_organisation(
    uow: UnitOfWork, an_org: OrgId, rival: OrgId
) -> None:
    end = NOON + MINUTE
    async with uow.begin(an_org) as unit:
        assert await unit.spent_links.claim("one", end, NOON)
        assert not await unit.spent_links.claim("one", end, NOON)
        assert await unit.spent_links.claim("two", end, NOON)
    async with uow.begin(an_org) as unit:
        assert not await unit.spent_links.claim("one", end, end)
        assert await unit.spent_links.claim("three", end, end + MINUTE)
        assert await unit.spent_links.claim("one", end, end + MINUTE)  # it had run out and was forgotten
    async with uow.begin(rival) as unit:
        assert await unit.spent_links.claim("two", end, NOON)


async def test_uploads_that_never_ended_are_found(uow: UnitOfWork, an_org: OrgId, visit: Booking) -> None:
    long_ago = datetime(2001, 1, 1, tzinfo=UTC)
    old, new = reservation_of(new_photo(visit), long_ago), reservation_of(new_photo(visit, "two"))
    async with uow.begin(an_org) as unit:
        await unit.photos.reserve(old)
        await unit.photos.reserve(new)
    for before, there in ((long_ago, False), (long_ago + MINUTE, True)):
        async with uow.begin_global() as unit_of_all:
            assert (an_org in await unit_of_all.stale_uploads.list_orgs(before)) is there
    async with uow.begin(an_org) as unit:
        assert list(await unit.photos.claim_stale(long_ago + MINUTE, 10)) == [old]
