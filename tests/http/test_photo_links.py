"""Signed links to photos: what opens, and all that never does (field page, §9, "Token"; bar 8)."""

import asyncio
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import httpx
import pytest

from adapters.cryptography.photo_tokens import HmacPhotoTokens
from adapters.redis.one_time_links import connect
from application.ports.photo_links import OneTimeLinks, PhotoTokens
from application.ports.unit_of_work import UnitOfWork
from domain.photos.link import Audience, PhotoLink, Variant
from domain.shared.errors import Unavailable
from domain.shared.ids import BookingId, PhotoId
from tests.support.album import AGENT, FOREVER, Album, open_album
from tests.support.clock import FixedClock
from tests.support.photos import an_image
from tests.support.redis import RedisServer, open_redis

OTHER_AGENT = {"user-agent": "Else/2.0"}
ONE_TIME = {"PHOTO_TOKEN_ONE_TIME": "true"}
HEADERS = {
    "cache-control": "private, no-store",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-robots-tag": "noindex",
}


def token_of(url: str) -> str:
    (token,) = parse_qs(urlsplit(url).query)["token"]
    return token


def claims_of(url: str) -> dict[str, Any]:
    said = token_of(url).split(".")[0]
    found: dict[str, Any] = json.loads(urlsafe_b64decode(said + "=" * (-len(said) % 4)))
    return found


async def follow(album: Album, url: str, **parts: Any) -> httpx.Response:
    """As a browser that is signed in nowhere."""
    answer = await album.ask("GET", url, None, **parts)
    for name, value in HEADERS.items():
        assert answer.headers[name] == value, (name, answer.text)
    return answer


def told(answer: httpx.Response) -> tuple[int, str]:
    assert "location" not in answer.headers
    return answer.status_code, answer.json()["type"]


async def test_a_link_leads_to_the_bytes_for_as_long_as_it_lives(album: Album, clock: FixedClock) -> None:
    photo = await album.uploaded()
    path = f"{album.photos}/{photo['photo_id']}/signed-url"
    asked = (await album.ask("GET", path)).json()
    assert set(asked) == {"url", "expires_at", "expires_in", "variant"}
    assert (asked["expires_in"], asked["variant"]) == (60, "original")
    assert urlsplit(asked["url"]).path == f"{album.photos}/{photo['photo_id']}/signed-download"
    clock.advance(seconds=20)
    answer = await follow(album, asked["url"])
    assert (answer.status_code, answer.content) == (302, b"")
    (key,) = [key for key in album.store.objects if "_thumb" not in key]
    end = int((clock.now() + timedelta(seconds=40)).timestamp())
    assert answer.headers["location"].startswith(f"/v1/storage/local/{key}?exp={end}&sig=")
    bytes_of = await album.ask("GET", answer.headers["location"], None)
    assert (bytes_of.headers["content-type"], bytes_of.content) == ("image/jpeg", album.store.objects[key])
    small = await follow(album, await album.link(photo["photo_id"], "thumbnail"))
    assert small.headers["location"].split("?")[0].endswith("_thumb.webp")
    bytes_of = await album.ask("GET", small.headers["location"], None)
    assert (bytes_of.headers["content-type"], bytes_of.content[:4]) == ("image/webp", b"RIFF")


async def test_its_claims_are_those_of_the_contract(memory_album: Album) -> None:
    photo = await memory_album.uploaded()
    urls = [await memory_album.link(photo["photo_id"]) for _ in range(2)]
    claims = claims_of(urls[0])
    assert {name: claims[name] for name in ("v", "typ", "aud", "variant")} == {
        "v": 1,
        "typ": "photo_download",
        "aud": "staff",
        "variant": "original",
    }
    assert (claims["org_id"], claims["order_id"]) == (str(memory_album.org_id), memory_album.order_id)
    assert (claims["photo_id"], claims["exp"] - claims["iat"]) == (photo["photo_id"], 60)
    assert claims["ua"] == sha256(AGENT["user-agent"].encode()).hexdigest()
    assert (len(bytes.fromhex(claims["jti"])), claims["jti"] == claims_of(urls[1])["jti"]) == (16, False)
    assert "=" not in token_of(urls[0])


async def test_no_letter_of_it_can_be_another(memory_album: Album) -> None:
    photo = await memory_album.uploaded()
    url = await memory_album.link(photo["photo_id"])
    head, token = url.split("token=")
    for at, letter in enumerate(token):
        for other in {chr(ord(letter) ^ 1), chr(ord(letter) ^ 32), "A" if letter != "A" else "B"}:
            changed = f"{token[:at]}{other}{token[at + 1 :]}"
            answer = await follow(memory_album, head.rstrip("?"), params={"token": changed})
            assert told(answer) == (401, "photo_token_invalid"), (at, letter, other)
    for changed in (token[:-1], token + "A", token + "=", token.replace(".", ""), ".", "x", "é.é", "\x00"):
        answer = await follow(memory_album, head.rstrip("?"), params={"token": changed})
        assert told(answer) == (401, "photo_token_invalid"), changed
    assert (await follow(memory_album, url)).status_code == 302


async def test_claims_cannot_be_swapped(memory_album: Album) -> None:
    """Signed anew under any key but ours, or taken to another photo's address."""
    first = await memory_album.uploaded()
    second = await memory_album.uploaded(an_image(colour=9))
    url = await memory_album.link(first["photo_id"])
    claims, signature = claims_of(url), token_of(url).split(".")[1]
    changes = {
        "order_id": "01981c2e-5f00-7000-8000-000000000001",
        "photo_id": second["photo_id"],
        "org_id": "01981c2e-5f00-7000-8000-000000000001",
        "variant": "thumbnail",
        "aud": "client",
        "exp": claims["exp"] + 3600,
        "v": 2,
    }
    for name, value in changes.items():
        said = json.dumps({**claims, name: value}, separators=(",", ":")).encode()
        forged = f"{urlsafe_b64encode(said).rstrip(b'=').decode()}.{signature}"
        answer = await follow(memory_album, url.split("?")[0], params={"token": forged})
        assert told(answer) == (401, "photo_token_invalid"), name
    elsewhere = url.replace(first["photo_id"], second["photo_id"])
    assert told(await follow(memory_album, elsewhere)) == (401, "photo_token_invalid")
    other_order = url.replace(memory_album.order_id, changes["order_id"])
    assert told(await follow(memory_album, other_order)) == (401, "photo_token_invalid")


async def test_it_ends_to_the_second(memory_album: Album, clock: FixedClock) -> None:
    photo = await memory_album.uploaded()
    url = await memory_album.link(photo["photo_id"])
    clock.advance(seconds=59)
    assert (await follow(memory_album, url)).status_code == 302
    clock.advance(seconds=1)
    assert told(await follow(memory_album, url)) == (401, "photo_token_expired")


async def test_another_browser_is_let_in_nowhere(memory_album: Album) -> None:
    photo = await memory_album.uploaded()
    url = await memory_album.link(photo["photo_id"])
    for agent in (OTHER_AGENT, {"user-agent": ""}, {"user-agent": AGENT["user-agent"] + " "}):
        assert told(await follow(memory_album, url, headers=agent)) == (401, "photo_token_invalid"), agent


async def test_binding_to_a_browser_can_be_switched_off(memory_uow: UnitOfWork, clock: FixedClock) -> None:
    async with open_album(memory_uow, clock, environ={"PHOTO_TOKEN_BIND_UA": "false"}) as album:
        photo = await album.uploaded()
        url = await album.link(photo["photo_id"])
        assert "ua" not in claims_of(url)
        assert (await follow(album, url, headers=OTHER_AGENT)).status_code == 302


async def test_status_and_life_are_the_installation_s(memory_uow: UnitOfWork, clock: FixedClock) -> None:
    environ = {"PHOTO_DOWNLOAD_REDIRECT_STATUS": "307", "PHOTO_URL_TTL_SECONDS": "3600"}
    async with open_album(memory_uow, clock, environ=environ) as album:
        photo = await album.uploaded()
        asked = (await album.ask("GET", f"{album.photos}/{photo['photo_id']}/signed-url")).json()
        assert asked["expires_in"] == 3600
        assert (await follow(album, asked["url"])).status_code == 307


async def test_what_is_gone_is_not_there(album: Album) -> None:
    photo = await album.uploaded()
    url = await album.link(photo["photo_id"])
    lying = dict(album.store.objects)
    album.store.objects.clear()
    assert told(await follow(album, url)) == (404, "not_found")
    album.store.objects.update(lying)
    assert (await album.ask("DELETE", f"{album.photos}/{photo['photo_id']}", "admin")).status_code == 204
    assert told(await follow(album, url)) == (404, "not_found")


async def test_an_object_of_an_earlier_release_is_found_under_its_old_name(memory_album: Album) -> None:
    photo = await memory_album.uploaded()
    objects = memory_album.store.objects
    (canonical,) = [key for key in objects if "_thumb" not in key]
    name = canonical.rsplit("/", 1)[1]
    old = f"bookings/{memory_album.order_id}/{name}"
    objects[old] = objects.pop(canonical)
    answer = await follow(memory_album, await memory_album.link(photo["photo_id"]))
    assert answer.headers["location"].startswith(f"/v1/storage/local/{old}?")


async def test_a_photo_that_came_from_a_store_with_names_of_its_own_is_found_by_ours(
    memory_album: Album,
) -> None:
    """As when an installation has left Cloudflare, its objects copied under our keys."""
    album, photo = memory_album, await memory_album.uploaded()
    order_id, photo_id = BookingId(UUID(album.order_id)), PhotoId(UUID(photo["photo_id"]))
    async with album.salon.uow.begin(album.org_id) as unit:
        found = await unit.photos.lock(order_id, photo_id)
        elsewhere = replace(found.picture, stored_key="2cdc28f0-017a", stored_thumbnail_key=None)
        await unit.photos.save(replace(found, picture=elsewhere))
    for variant, kind in (("original", "image/jpeg"), ("thumbnail", "image/webp")):
        answer = await follow(album, await album.link(photo["photo_id"], variant))
        bytes_of = await album.ask("GET", answer.headers["location"], None)
        assert (bytes_of.status_code, bytes_of.headers["content-type"]) == (200, kind), variant


async def test_a_store_that_is_away_is_told(memory_album: Album) -> None:
    photo = await memory_album.uploaded()
    url = await memory_album.link(photo["photo_id"])
    memory_album.store.fault = Unavailable("away")
    assert told(await follow(memory_album, url)) == (503, "upstream_unavailable")


def client_link(album: Album, photo: dict[str, Any], now: datetime) -> PhotoLink:
    return PhotoLink(
        audience=Audience.CLIENT,
        org_id=album.org_id,
        booking_id=BookingId(UUID(album.order_id)),
        photo_id=PhotoId(UUID(photo["photo_id"])),
        variant=Variant.ORIGINAL,
        issued_at=now,
        expires_at=now + timedelta(seconds=60),
        jti="0" * 32,
        agent_sha256=sha256(AGENT["user-agent"].encode()).hexdigest(),
    )


async def test_a_client_s_link_asks_again_for_consent_and_approval(
    memory_uow: UnitOfWork, clock: FixedClock
) -> None:
    tokens = HmacPhotoTokens(b"k" * 32)
    async with open_album(memory_uow, clock, given={PhotoTokens: tokens}) as album:
        photo = await album.uploaded()
        token = tokens.seal(client_link(album, photo, clock.now()))
        url = f"{album.photos}/{photo['photo_id']}/signed-download?token={token}"
        assert told(await follow(album, url)) == (404, "not_found")
        await album.review(photo["photo_id"], "approved")
        assert (await follow(album, url)).status_code == 302
        await album.consent(False)
        assert told(await follow(album, url)) == (404, "not_found")
        await album.consent(True)
        await album.review(photo["photo_id"], "needs_retake", "again")
        assert told(await follow(album, url)) == (404, "not_found")


async def test_fifty_at_once_and_one_comes_through(uow: UnitOfWork, clock: FixedClock) -> None:
    async with open_album(uow, clock, environ=ONE_TIME) as album:
        photo = await album.uploaded()
        url = await album.link(photo["photo_id"])
        for refused in (OTHER_AGENT, {"user-agent": "-"}):  # neither spends it
            assert told(await follow(album, url, headers=refused)) == (401, "photo_token_invalid")
        answers = await asyncio.gather(*(follow(album, url) for _ in range(50)))
        assert Counter(answer.status_code for answer in answers) == {302: 1, 410: 49}
        late = [answer for answer in answers if answer.status_code != 302]
        assert {told(answer) for answer in late} == {(410, "photo_token_used")}
        assert (await follow(album, await album.link(photo["photo_id"]))).status_code == 302


@pytest.fixture(scope="module")
def server() -> Iterator[RedisServer]:
    with open_redis() as opened:
        yield opened


async def test_redis_remembers_who_came_first_and_its_absence_opens_nothing(
    memory_uow: UnitOfWork, clock: FixedClock, server: RedisServer
) -> None:
    links = replace(connect(server.url, clock), patience_seconds=20)  # a busy machine is no defect
    given = {OneTimeLinks: links}
    async with open_album(memory_uow, clock, environ=ONE_TIME, given=given) as album:
        photo = await album.uploaded()
        url = await album.link(photo["photo_id"])
        answers = await asyncio.gather(*(follow(album, url) for _ in range(50)))
        assert Counter(answer.status_code for answer in answers) == {302: 1, 410: 49}
        (key,) = await links.client.keys("sweepline:photo-link:*")
        assert 0 < await links.client.ttl(key) <= 60
        server.freeze()
        with pytest.raises(Unavailable):
            await replace(links, patience_seconds=0.1).claim(album.org_id, "0" * 32, FOREVER)
        server.thaw()
        server.kill()
        refused = await follow(album, await album.link(photo["photo_id"]))
        assert told(refused) == (503, "upstream_unavailable")
        assert "retry-after" in refused.headers
        server.start()
        assert (await follow(album, await album.link(photo["photo_id"]))).status_code == 302
    await links.close()
