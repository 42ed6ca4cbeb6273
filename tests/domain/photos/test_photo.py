"""What can be said of a photo, and by whom."""

from datetime import UTC, datetime, timedelta
from itertools import product
from uuid import UUID

import pytest

from domain.photos.photo import ReviewStatus, Uploader, UploaderKind
from domain.photos.refusals import PhotoLocked, PhotoReplaced
from domain.shared.ids import PhotoId
from tests.support.photos import a_photo

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
ANN, BOB = UUID(int=100), UUID(int=101)
DISPATCHER = UUID(int=42)
PENDING, APPROVED, NEEDS_RETAKE = ReviewStatus.PENDING, ReviewStatus.APPROVED, ReviewStatus.NEEDS_RETAKE


@pytest.mark.parametrize(("before", "verdict"), list(product(ReviewStatus, [APPROVED, NEEDS_RETAKE])))
def test_either_verdict_follows_from_any_status(before: ReviewStatus, verdict: ReviewStatus) -> None:
    photo = a_photo(review_status=before)
    after = photo.review(NOW, verdict, comment="blurred", reviewer=DISPATCHER)
    assert (after.review_status, after.review_comment, after.version) == (verdict, "blurred", 2)
    assert (after.reviewed_by, after.reviewed_at) == (DISPATCHER, NOW)
    assert after.needs_retake is (verdict is NEEDS_RETAKE)


def test_nothing_leads_back_to_pending() -> None:
    with pytest.raises(ValueError, match="approves"):
        a_photo(review_status=APPROVED).review(NOW, PENDING, comment=None, reviewer=None)


def test_the_same_verdict_again_changes_nothing() -> None:
    said = a_photo().review(NOW, NEEDS_RETAKE, comment="dark", reviewer=DISPATCHER)
    later = NOW + timedelta(hours=1)
    assert said.review(later, NEEDS_RETAKE, comment="dark", reviewer=ANN) is said
    assert said.review(later, NEEDS_RETAKE, comment="too dark", reviewer=ANN).version == 3


def test_what_was_replaced_is_judged_no_more_and_stands_again_when_the_newer_one_goes() -> None:
    newer = PhotoId(UUID(int=7))
    old = a_photo(review_status=NEEDS_RETAKE).replaced_with(newer)
    assert (old.replaced_by, old.version) == (newer, 2)
    with pytest.raises(PhotoReplaced):
        old.review(NOW, APPROVED, comment=None, reviewer=None)
    with pytest.raises(PhotoReplaced):
        old.replaced_with(PhotoId(UUID(int=8)))
    again = old.followed_by(None)
    assert (again.replaced_by, again.review_status, again.version) == (None, NEEDS_RETAKE, 3)


@pytest.mark.parametrize("status", ReviewStatus)
@pytest.mark.parametrize("consent", [True, False])
def test_a_client_sees_what_is_approved_while_consent_stands(status: ReviewStatus, consent: bool) -> None:
    seen = a_photo(review_status=status).may_be_seen_by_client(consent=consent)
    assert seen is (consent and status is APPROVED)


def test_a_worker_takes_back_their_own_until_it_is_approved() -> None:
    mine = a_photo(uploader=Uploader(UploaderKind.WORKER, ANN, "Ann"))
    mine.must_be_open_to(ANN)
    office = a_photo(uploader=Uploader(UploaderKind.STAFF, ANN, "ann@example.com"))
    approved = mine.review(NOW, APPROVED, comment=None, reviewer=None)
    for photo, worker in ((mine, BOB), (office, ANN), (approved, ANN)):
        with pytest.raises(PhotoLocked):
            photo.must_be_open_to(worker)
