"""Photos of an order over HTTP, on both databases: upload, list, review, delete (field page, §9)."""

import io
from hashlib import sha256
from typing import Any

import pytest
from PIL import Image

from domain.shared.errors import Unavailable
from tests.support.album import Album
from tests.support.photos import an_image

FIELDS = {
    "photo_id",
    "order_id",
    "phase",
    "filename",
    "content_type",
    "size_bytes",
    "width",
    "height",
    "sha256",
    "uploaded_by",
    "uploaded_at",
    "review_status",
    "needs_retake",
    "review_comment",
    "reviewed_by",
    "reviewed_at",
    "replaces",
    "replaced_by",
    "version",
    "actions",
}


async def test_an_upload_is_stored_counted_and_on_record(album: Album) -> None:
    answer = await album.upload(filename="../../küche.JPG", phase="AFTER")
    assert answer.status_code == 201, answer.text
    photo = answer.json()
    assert set(photo) == FIELDS
    assert (photo["phase"], photo["filename"], photo["content_type"]) == ("AFTER", "küche.JPG", "image/jpeg")
    assert (photo["review_status"], photo["needs_retake"], photo["version"]) == ("pending", False, 1)
    assert (photo["width"], photo["height"], photo["order_id"]) == (64, 48, album.order_id)
    assert photo["uploaded_by"]["kind"] == "staff"
    assert answer.headers["etag"] == '"1"'
    (original,) = [data for key, data in album.store.objects.items() if "_thumb" not in key]
    assert (len(original), sha256(original).hexdigest()) == (photo["size_bytes"], photo["sha256"])
    prefix = f"orders/{album.org_id}/{album.order_id}/{photo['photo_id']}"
    assert set(album.store.objects) == {f"{prefix}.jpg", f"{prefix}_thumb.webp"}
    assert await album.stored_bytes() == photo["size_bytes"]
    assert await album.audited(photo["photo_id"]) == ["photo_upload"]
    assert await album.listed() == [photo]
    assert await album.reservations() == 0


async def test_a_booking_says_how_many_photos_it_has(album: Album) -> None:
    for number in range(3):
        await album.uploaded(an_image(colour=number), phase="AFTER" if number else "BEFORE")
    other = await album.salon.created("2026-03-10T10:00:00-05:00")
    assert (await album.salon.read(album.order_id))["photo_counts"] == {"before": 1, "after": 2}
    listed = (await album.salon.get("/bookings", **{"from": "2026-03-01", "to": "2026-03-30"})).json()
    assert {item["booking_id"]: item["photo_counts"] for item in listed["items"]} == {
        album.order_id: {"before": 1, "after": 2},
        other["booking_id"]: {"before": 0, "after": 0},
    }


async def test_the_same_bytes_again_are_the_same_photo(album: Album) -> None:
    first = await album.uploaded()
    written, lying = await album.salon.ledger(), dict(album.store.objects)
    again = await album.upload(filename="other.jpg")
    assert (again.status_code, again.json()) == (200, first)
    assert (await album.salon.ledger(), album.store.objects) == (written, lying)
    assert await album.reservations() == 0
    other_phase = await album.uploaded(phase="AFTER")
    other_bytes = await album.uploaded(an_image(colour=9))
    assert len({first["photo_id"], other_phase["photo_id"], other_bytes["photo_id"]}) == 3


async def test_withdrawn_consent_stops_uploads_and_deletes_none(album: Album) -> None:
    photo = await album.uploaded()
    withdrawn = await album.consent(False, note="Called and said no")
    assert withdrawn.status_code == 200
    assert set(withdrawn.json()) == {"order_id", "consent_photos", "set_by", "set_at"}
    assert (withdrawn.json()["consent_photos"], withdrawn.json()["order_id"]) == (False, album.order_id)
    for role in ("dispatcher", "admin"):
        refused = await album.upload(an_image(colour=9), role)
        assert (refused.status_code, refused.json()["type"]) == (403, "photo_consent_missing")
    assert await album.listed() == [photo]
    assert await album.audited(album.order_id) == ["booking_create", "photo_consent", "photo_consent"]
    booking = await album.salon.read(album.order_id)
    assert (booking["consent_photos"], booking["version"]) == (False, 3)


async def test_the_same_word_again_changes_nothing(album: Album) -> None:
    written = await album.salon.ledger()
    first = (await album.consent(True)).json()
    assert (await album.consent(True, note="again")).json() == first
    assert await album.salon.ledger() == written
    path = f"/v1/orders/{album.order_id}/photo-consent"
    stale = await album.ask("PUT", path, json={"consent_photos": False}, headers={"if-match": '"1"'})
    assert (stale.status_code, stale.json()["type"]) == (412, "version_conflict")
    too_long = await album.consent(True, note="x" * 256)
    assert (too_long.status_code, too_long.json()["errors"][0]["field"]) == (422, "note")


async def test_an_admin_may_override_with_a_reason_on_record(album: Album) -> None:
    await album.consent(False)
    reason = {"override_consent_reason": "Damage found on arrival"}
    refused = await album.upload(None, "dispatcher", **reason)
    assert (refused.status_code, refused.json()["type"]) == (403, "photo_consent_missing")
    await album.consent(True)
    forbidden = await album.upload(None, "dispatcher", **reason)
    assert (forbidden.status_code, forbidden.json()["type"]) == (403, "forbidden")
    await album.consent(False)
    done = await album.upload(None, "admin", **reason)
    assert done.status_code == 201, done.text
    rows = (await album.salon.ledger())["audit"]
    (row,) = [row for row in rows if row[0] == "photo_upload"]
    assert "Damage found on arrival" in row


async def test_no_photos_of_a_visit_that_was_called_off(album: Album) -> None:
    await album.salon.verb(album.order_id, "cancel", reason_code="weather")
    refused = await album.upload()
    assert (refused.status_code, refused.json()["type"]) == (409, "booking_move_refused")
    assert not album.store.objects


async def test_a_retake_takes_the_old_one_out_of_the_queue(album: Album) -> None:
    old = await album.uploaded()
    asked = await album.review(old["photo_id"], "needs_retake", "Too dark")
    assert (asked.json()["needs_retake"], asked.json()["review_comment"]) == (True, "Too dark")
    newer = await album.uploaded(an_image(colour=9), replaces=old["photo_id"])
    assert (newer["replaces"], newer["review_status"]) == (old["photo_id"], "pending")
    first, second = await album.listed()
    assert (first["photo_id"], first["replaced_by"]) == (old["photo_id"], newer["photo_id"])
    assert second == newer
    queue = (await album.ask("GET", "/v1/admin/queue/photos")).json()
    assert [item["photo_id"] for item in queue["items"]] == [newer["photo_id"]]
    late = await album.review(old["photo_id"], "approved")
    assert (late.status_code, late.json()["type"]) == (409, "photo_replaced")
    again = await album.upload(an_image(colour=9), replaces=old["photo_id"])
    assert (again.status_code, again.json()["photo_id"]) == (200, newer["photo_id"])
    third = await album.upload(an_image(colour=10), replaces=old["photo_id"])
    assert (third.status_code, third.json()["type"]) == (409, "photo_replaced")


async def test_when_the_newer_one_goes_the_old_one_stands_again(album: Album) -> None:
    first = await album.uploaded(an_image(colour=1))
    second = await album.uploaded(an_image(colour=2), replaces=first["photo_id"])
    third = await album.uploaded(an_image(colour=3), replaces=second["photo_id"])
    assert (await album.ask("DELETE", f"{album.photos}/{second['photo_id']}", "admin")).status_code == 204
    one, three = await album.listed()
    assert (one["replaced_by"], three["replaces"]) == (third["photo_id"], first["photo_id"])
    assert (await album.ask("DELETE", f"{album.photos}/{third['photo_id']}", "admin")).status_code == 204
    (alone,) = await album.listed()
    assert alone["replaced_by"] is None
    assert (await album.review(first["photo_id"], "approved")).status_code == 200


async def test_reviews_are_on_record_and_repeated_ones_are_not(album: Album) -> None:
    photo = await album.uploaded()
    photo_id = photo["photo_id"]
    for verdict, comment in (("approved", None), ("needs_retake", "Blurred"), ("approved", None)):
        assert (await album.review(photo_id, verdict, comment)).json()["review_status"] == verdict
    written = await album.salon.ledger()
    same = await album.review(photo_id, "approved")
    assert (same.status_code, same.json()["version"], same.headers["etag"]) == (200, 4, '"4"')
    assert await album.salon.ledger() == written
    assert (await album.audited(photo_id)).count("photo_review") == 3
    stale = await album.review(photo_id, "needs_retake", "x", headers={"if-match": '"1"'})
    assert (stale.status_code, stale.json()["type"]) == (412, "version_conflict")
    wordless = await album.review(photo_id, "needs_retake")
    assert (wordless.status_code, wordless.json()["errors"][0]["field"]) == (422, "review_comment")
    nowhere = await album.review(photo_id, "pending")
    assert (nowhere.status_code, nowhere.json()["errors"][0]["field"]) == (422, "review_status")


async def test_what_is_deleted_leaves_tombstones_and_room(album: Album) -> None:
    photo = await album.uploaded()
    kept = await album.uploaded(an_image(colour=9))
    path = f"{album.photos}/{photo['photo_id']}"
    assert (await album.ask("DELETE", path)).status_code == 403
    assert (await album.ask("DELETE", path, "admin")).status_code == 204
    assert (await album.ask("DELETE", path, "admin")).status_code == 404
    assert await album.listed() == [kept]
    assert await album.stored_bytes() == kept["size_bytes"]
    async with album.salon.uow.begin(album.org_id) as unit:
        tombstones = await unit.tombstones.list_range(None, limit=50, offset=0)
    assert len(tombstones) == 10
    assert {str(tombstone.photo_id) for tombstone in tombstones} == {photo["photo_id"]}
    assert (await album.audited(photo["photo_id"]))[-1] in {"photo_delete", "photo_upload"}
    again = await album.uploaded()
    assert again["photo_id"] != photo["photo_id"]


async def test_a_store_that_is_away_leaves_neither_row_nor_object(memory_album: Album) -> None:
    album = memory_album
    written = await album.salon.ledger()
    album.store.fault = Unavailable("away")
    refused = await album.upload()
    assert (refused.status_code, refused.json()["type"]) == (503, "upstream_unavailable")
    assert "retry-after" in refused.headers
    album.store.fault = None
    assert not album.store.objects
    assert await album.reservations() == 0
    assert await album.salon.ledger() == written
    assert await album.uploaded()


@pytest.mark.parametrize("role", ["viewer", "finance", "worker", None])
async def test_only_dispatchers_and_admins_have_photos(memory_album: Album, role: str | None) -> None:
    photo = await memory_album.uploaded()
    path = f"{memory_album.photos}/{photo['photo_id']}"
    wanted = 403 if role else 401
    assert (await memory_album.ask("GET", memory_album.photos, role)).status_code == wanted
    assert (await memory_album.ask("GET", f"{path}/signed-url", role)).status_code == wanted
    assert (await memory_album.ask("DELETE", path, role)).status_code == wanted
    if role:
        assert (await memory_album.upload(None, role)).status_code == wanted


async def test_pages_of_photos_follow_one_another(memory_album: Album) -> None:
    made = [await memory_album.uploaded(an_image(colour=number)) for number in range(3)]
    first = (await memory_album.ask("GET", f"{memory_album.photos}?limit=2")).json()
    cursor = first["next_cursor"]
    rest = (await memory_album.ask("GET", memory_album.photos, params={"cursor": cursor})).json()
    assert [*first["items"], *rest["items"]] == made
    assert rest["next_cursor"] is None


async def test_links_that_are_offered_can_be_followed(memory_album: Album) -> None:
    photo = await memory_album.uploaded()
    bodies: dict[str, dict[str, Any]] = {
        "approve": {"json": {"review_status": "approved"}},
        "needs_retake": {"json": {"review_status": "needs_retake", "review_comment": "again"}},
    }
    queue = (await memory_album.ask("GET", "/v1/admin/queue/photos")).json()
    assert [action["rel"] for action in queue["items"][0]["actions"]] == ["approve", "needs_retake", "view"]
    for action in (*queue["items"][0]["actions"], *photo["actions"]):
        answer = await memory_album.ask(action["method"], action["href"], **bodies.get(action["rel"], {}))
        assert answer.status_code == 200, (action, answer.text)
    as_admin = (await memory_album.ask("GET", memory_album.photos, "admin")).json()["items"][0]["actions"]
    (gone,) = [action for action in as_admin if action["rel"] == "delete"]
    assert (await memory_album.ask(gone["method"], gone["href"], "admin")).status_code == 204


async def test_a_queue_says_whose_and_how_many(album: Album) -> None:
    waiting = await album.uploaded(an_image(colour=1), filename="oven.jpg")
    retake = await album.uploaded(an_image(colour=2))
    done = await album.uploaded(an_image(colour=3))
    await album.review(retake["photo_id"], "needs_retake", "Too dark")
    await album.review(done["photo_id"], "approved")
    every = (await album.ask("GET", "/v1/admin/queue/photos")).json()
    first = every["items"][0]
    assert set(first) == {
        "photo_id",
        "order_id",
        "booking_ref",
        "worker_name",
        "phase",
        "review_status",
        "needs_retake",
        "review_comment",
        "uploaded_at",
        "filename",
        "content_type",
        "size_bytes",
        "actions",
    }
    assert (first["booking_ref"], first["filename"]) == ("2026-03-03 Jane Doe", "oven.jpg")
    assert {item["photo_id"] for item in every["items"]} == {waiting["photo_id"], retake["photo_id"]}
    assert (every["total"], every["pending_count"], every["needs_retake_count"]) == (2, 1, 1)
    for status, photo in (("pending", waiting), ("needs_retake", retake)):
        half = (await album.ask("GET", f"/v1/admin/queue/photos?status={status}")).json()
        assert [item["photo_id"] for item in half["items"]] == [photo["photo_id"]]
        assert half["total"] == 1
    page = (await album.ask("GET", "/v1/admin/queue/photos?limit=1&offset=1")).json()
    assert ([item["photo_id"] for item in page["items"]], page["total"]) == ([retake["photo_id"]], 2)
    for bad in ("status=approved", "limit=101", "offset=-1", "q=x"):
        assert (await album.ask("GET", f"/v1/admin/queue/photos?{bad}")).status_code == 422
    assert (await album.ask("GET", "/v1/admin/queue/photos", "viewer")).status_code == 403


async def test_what_is_stored_is_an_upright_picture(memory_album: Album) -> None:
    image = Image.new("RGB", (60, 20), "red")
    exif = Image.Exif()
    exif[0x0112] = 6
    made = io.BytesIO()
    image.save(made, "JPEG", exif=exif)
    photo = await memory_album.uploaded(made.getvalue())
    assert (photo["width"], photo["height"]) == (20, 60)
