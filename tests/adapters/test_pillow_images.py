"""Photos are read by their bytes and written anew, whatever was sent (field page, §9, "Upload"; bar 6)."""

import io
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis.strategies import binary, integers, sampled_from
from PIL import Image

from adapters.pillow.images import PillowImages
from domain.photos.refusals import ImageTooLarge, ImageUnreadable, TypeNotAllowed
from domain.shared.errors import DomainError
from tests.support.decoding import warm_decoder
from tests.support.hostile_images import MOST_PIXELS, SECRET, Case, cases, turned
from tests.support.image_blocks import PLAIN, blocks_of
from tests.support.photos import an_image

ALL = frozenset({"image/jpeg", "image/png", "image/webp"})


@dataclass(frozen=True, slots=True)
class Kept:
    content_type: str
    size: tuple[int, int]
    original: bytes
    thumbnail: bytes | None


@pytest.fixture
def images() -> PillowImages:
    return PillowImages(ALL, MOST_PIXELS, warm_decoder())


async def cleaned(images: PillowImages, folder: Path, data: bytes, *, thumbnail: bool = True) -> Kept:
    source = folder / "sent"
    source.write_bytes(data)
    async with images.cleaned(source, thumbnail=thumbnail) as clean:
        original = clean.original.read_bytes()
        assert (clean.size_bytes, clean.sha256) == (len(original), sha256(original).digest())
        small = clean.thumbnail.read_bytes() if clean.thumbnail else None
        kept = Kept(clean.content_type, (clean.width, clean.height), original, small)
    assert not clean.original.exists()
    return kept


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
async def test_each_is_refused_or_kept_as_the_table_says(
    images: PillowImages, tmp_path: Path, case: Case
) -> None:
    if not case.is_accepted:
        with pytest.raises(DomainError) as refused:
            await cleaned(images, tmp_path, case.data)
        assert refused.value.code == case.outcome
        return
    kept = await cleaned(images, tmp_path, case.data)
    assert kept.content_type == case.outcome
    assert kept.size == (case.size or (64, 48))
    assert set(blocks_of(kept.original)) <= PLAIN[kept.content_type]
    assert kept.thumbnail is not None
    assert set(blocks_of(kept.thumbnail)) <= PLAIN["image/webp"]
    for stored in (kept.original, kept.thumbnail):
        assert SECRET not in stored
        assert b"<script" not in stored
        Image.open(io.BytesIO(stored)).load()


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "WEBP"])
async def test_it_stands_upright(images: PillowImages, tmp_path: Path, orientation: int, kind: str) -> None:
    """The black half is where the camera's word on it leads: left, unless it was held otherwise."""
    kept = await cleaned(images, tmp_path, turned(orientation, kind))
    picture = Image.open(io.BytesIO(kept.original)).convert("L")
    width, height = picture.size
    sides = {
        "left": (4, height // 2),
        "right": (width - 5, height // 2),
        "top": (width // 2, 4),
        "bottom": (width // 2, height - 5),
    }
    where = ["left", "right", "right", "left", "top", "top", "bottom", "bottom"][orientation - 1]
    assert picture.getpixel(sides[where]) in range(60)


async def test_sixteen_bits_of_grey_keep_their_shades(images: PillowImages, tmp_path: Path) -> None:
    wide = Image.new("I;16", (64, 48), 0x8000)
    made = io.BytesIO()
    wide.save(made, "PNG")
    kept = await cleaned(images, tmp_path, made.getvalue())
    assert Image.open(io.BytesIO(kept.original)).getpixel((5, 5)) == 128


@pytest.mark.parametrize(
    ("size", "small"),
    [((960, 640), (480, 320)), ((300, 1200), (120, 480)), ((480, 10), (480, 10)), ((64, 48), (64, 48))],
)
async def test_the_long_edge_of_a_thumbnail_is_480_at_most(
    images: PillowImages, tmp_path: Path, size: tuple[int, int], small: tuple[int, int]
) -> None:
    kept = await cleaned(images, tmp_path, an_image(size=size))
    assert kept.thumbnail is not None
    thumbnail = Image.open(io.BytesIO(kept.thumbnail))
    assert (thumbnail.size, thumbnail.format) == (small, "WEBP")
    assert (await cleaned(images, tmp_path, an_image(size=size), thumbnail=False)).thumbnail is None


async def test_only_types_that_are_allowed(tmp_path: Path) -> None:
    images = PillowImages(frozenset({"image/png"}), MOST_PIXELS, warm_decoder())
    await cleaned(images, tmp_path, an_image("PNG"))
    with pytest.raises(TypeNotAllowed):
        await cleaned(images, tmp_path, an_image("JPEG"))


async def test_the_last_pixel_that_fits(tmp_path: Path) -> None:
    images = PillowImages(ALL, 64 * 48, warm_decoder())
    for kind in ("JPEG", "PNG", "WEBP"):
        await cleaned(images, tmp_path, an_image(kind))
        with pytest.raises(ImageTooLarge):
            await cleaned(images, tmp_path, an_image(kind, (64, 49)))


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(kind=sampled_from(["JPEG", "PNG", "WEBP"]), at=integers(0, 400), noise=binary(min_size=1, max_size=20))
async def test_whatever_is_changed_it_is_refused_or_clean(
    images: PillowImages, tmp_path: Path, kind: str, at: int, noise: bytes
) -> None:
    whole = an_image(kind, (24, 16))
    at %= len(whole)
    try:
        kept = await cleaned(images, tmp_path, whole[:at] + noise + whole[at + len(noise) :])
    except (TypeNotAllowed, ImageUnreadable, ImageTooLarge):
        return
    assert set(blocks_of(kept.original)) <= PLAIN[kept.content_type]
