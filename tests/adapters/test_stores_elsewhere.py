"""What only a store somewhere else can show: how it is reached, and what its links look like."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest

from domain.shared.ids import OrgId
from entrypoints.settings.load import read_settings
from entrypoints.settings.start import check_settings
from entrypoints.settings.warnings import warnings_about
from entrypoints.wiring.s3 import client_options
from tests.support.clock import FixedClock
from tests.support.fake_cloudflare_images import HASH, open_fake_cloudflare_images
from tests.support.photo_keys import photo_keys
from tests.support.stores import JPEG, Servers, Store, open_store

KEYS = photo_keys(OrgId(uuid4()))


@pytest.fixture(scope="module")
def servers() -> Iterator[Servers]:
    with open_fake_cloudflare_images() as images:
        yield Servers(cloudflare=images)


@pytest.fixture
async def images(tmp_path: Path, clock: FixedClock, servers: Servers) -> AsyncIterator[Store]:
    async with open_store("cf_images", tmp_path, clock, servers) as store:
        yield store


async def test_a_link_of_cloudflare_is_exactly_as_its_documentation_has_it(tmp_path: Path) -> None:
    """The signature was made by hand: openssl dgst -sha256 -hmac a-signing-key."""
    clock = FixedClock(datetime(2026, 3, 2, 14, tzinfo=UTC))
    async with open_store("cloudflare_images", tmp_path, clock, Servers()) as store:
        link = await store.link("2cdc28f0-017a-49c4-9ed7-87056c83901f")
    assert link == (
        f"https://imagedelivery.net/{HASH}/2cdc28f0-017a-49c4-9ed7-87056c83901f/public?exp=1772460060"
        "&sig=25669db0756f98591bba6a6a6c39917a7521ea299f84cce3bd94a2573e6d6c3e"
    )


async def test_an_image_is_private_and_carries_its_key(images: Store, servers: Servers) -> None:
    stored = await images.put(KEYS.original)
    assert servers.cloudflare is not None
    image = servers.cloudflare.images[stored]
    assert (image.creator, image.meta, image.content) == (KEYS.original, {"key": KEYS.original}, JPEG)
    unsigned = f"{servers.cloudflare.delivery}/{HASH}/{stored}/public"
    assert (await images.follow(unsigned)).status_code == 403
    await images.storage.delete(KEYS.original, stored)
    assert stored not in servers.cloudflare.images


async def test_all_copies_of_a_key_go_however_many_pages_they_fill(images: Store, servers: Servers) -> None:
    assert servers.cloudflare is not None
    kept = await images.put(KEYS.thumbnail)
    servers.cloudflare.page = 1
    for _ in range(3):
        image = servers.cloudflare.images[await images.put(KEYS.original)]
        twin = replace(image, id=f"twin-{image.id}")
        servers.cloudflare.images[twin.id] = twin
    await images.storage.delete(KEYS.original, None)
    servers.cloudflare.page = 1000
    assert set(servers.cloudflare.images) == {kept}
    await images.storage.delete(KEYS.thumbnail, None)


async def test_an_image_that_does_not_say_that_it_is_ours_is_left_alone(
    images: Store, servers: Servers
) -> None:
    """Were the filter of the list ignored one day, all of them would be in the answer."""
    assert servers.cloudflare is not None
    stored = await images.put(KEYS.original)
    servers.cloudflare.images[stored].meta = {"key": "somebody else's"}
    await images.storage.delete(KEYS.original, None)
    assert await images.storage.find(KEYS.every) is None
    assert stored in servers.cloudflare.images
    del servers.cloudflare.images[stored]


def options(**environ: str) -> dict[str, object]:
    settings, faults = read_settings({"APP_ENV": "dev", "ORDER_STORAGE_BACKEND": "s3", **environ})
    assert not faults
    return client_options(settings.storage)


def test_the_region_is_what_is_set_or_what_the_place_wants() -> None:
    place = {"R2_ENDPOINT": "https://account.r2.cloudflarestorage.com"}
    assert options(**place)["region_name"] == "auto"
    assert options(**place, R2_REGION="eeur")["region_name"] == "eeur"
    assert options()["region_name"] == "us-east-1"
    assert options(R2_REGION="eu-central-1")["region_name"] == "eu-central-1"
    assert options()["endpoint_url"] is None


async def test_without_an_endpoint_photos_go_to_aws_of_the_region(tmp_path: Path, clock: FixedClock) -> None:
    environ = {
        "R2_BUCKET": "photos-of-ours",
        "R2_ACCESS_KEY": "AKIA0",
        "R2_SECRET_KEY": "secret",
        "R2_REGION": "eu-central-1",
    }
    async with open_store("s3", tmp_path, clock, Servers(), **environ) as store:
        link = urlsplit(await store.link(KEYS.original, seconds=45))
    query = parse_qs(link.query)
    assert link.hostname == "photos-of-ours.s3.eu-central-1.amazonaws.com"
    assert query["X-Amz-Algorithm"] == ["AWS4-HMAC-SHA256"]
    assert query["X-Amz-Expires"] == ["45"]
    assert query["response-content-type"] == ["image/jpeg"]


def remarks(**environ: str) -> str:
    settings, _ = read_settings({"APP_ENV": "prod", "ORDER_STORAGE_BACKEND": "r2", **environ})
    return " ".join(line for line in warnings_about(settings, {}) if "R2_ENDPOINT" in line)


def test_where_photos_go_without_an_endpoint_is_remarked() -> None:
    assert "AWS S3 in us-east-1" in remarks()
    assert "AWS S3 in eu-west-1" in remarks(R2_REGION="eu-west-1")
    assert "clear text" in remarks(R2_ENDPOINT="http://minio:9000")
    assert remarks(R2_ENDPOINT="https://account.r2.cloudflarestorage.com") == ""


@pytest.mark.parametrize(
    ("backend", "missing"),
    [
        ("s3", {"R2_BUCKET", "R2_ACCESS_KEY", "R2_SECRET_KEY"}),
        ("cf_images", {f"CF_IMAGES_{n}" for n in ("ACCOUNT_ID", "ACCOUNT_HASH", "API_TOKEN", "SIGNING_KEY")}),
        ("local", set()),
    ],
)
def test_what_the_chosen_store_needs_is_asked_for_at_start(backend: str, missing: set[str]) -> None:
    _, faults = check_settings({"APP_ENV": "dev", "ORDER_STORAGE_BACKEND": backend})
    assert {fault.variable for fault in faults} == missing


def test_production_keeps_no_photos_in_memory() -> None:
    _, faults = check_settings({"APP_ENV": "prod", "ORDER_STORAGE_BACKEND": "memory"})
    assert "ORDER_STORAGE_BACKEND" in {fault.variable for fault in faults}
