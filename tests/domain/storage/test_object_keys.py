from uuid import UUID

import pytest

from domain.shared.ids import BookingId, OrgId, PhotoId
from domain.storage.object_keys import PhotoKeys, is_sound

ORG, BOOKING, PHOTO = UUID(int=1), UUID(int=2), UUID(int=3)
KEYS = PhotoKeys(org_id=OrgId(ORG), booking_id=BookingId(BOOKING), photo_id=PhotoId(PHOTO), extension=".jpg")


def test_keys_are_those_of_the_contract() -> None:
    assert KEYS.originals == (
        f"orders/{ORG}/{BOOKING}/{PHOTO}.jpg",
        f"{ORG}/{BOOKING}/{PHOTO}.jpg",
        f"org/{ORG}/bookings/{BOOKING}/{PHOTO}.jpg",
        f"orders/{BOOKING}/{PHOTO}.jpg",
        f"bookings/{BOOKING}/{PHOTO}.jpg",
    )
    assert KEYS.thumbnails[0] == KEYS.thumbnail == f"orders/{ORG}/{BOOKING}/{PHOTO}_thumb.webp"
    assert KEYS.thumbnails[3] == f"orders/{BOOKING}/{PHOTO}_thumb.webp"


def test_all_that_a_photo_may_have_left_is_ten_names() -> None:
    assert len(set(KEYS.every)) == 10
    assert all(map(is_sound, KEYS.every))


@pytest.mark.parametrize(
    "key",
    [
        "",
        "/",
        "/etc/passwd",
        "orders//x",
        "orders/x/",
        "..",
        "../x",
        "orders/../x",
        "orders/..x",
        "orders/x..jpg",
        "./x",
        "orders/./x",
        "orders\\x",
        "orders/x\n",
        "orders/x y",
        "orders/\x00",
        "orders/ü.jpg",
        "orders/\u202egpj.x",
        "orders/%2e%2e/x",
        "x" * 401,
    ],
)
def test_what_could_lead_elsewhere_is_no_key(key: str) -> None:
    assert not is_sound(key)
