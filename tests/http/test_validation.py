"""Bad input, one clear 4xx each, all faults of a request at once."""

from typing import Any

import httpx
import pytest

URL = "/v1/admin/examples"
GOOD = {"name": "Ann", "starts_at": "2026-03-08T09:00:00-07:00"}


def faults(answer: httpx.Response) -> dict[str, str]:
    assert answer.status_code == 422, answer.text
    problem = answer.json()
    assert problem["type"] == "validation_error"
    return {error["field"]: error["message"] for error in problem["errors"]}


async def test_a_good_body_is_trimmed_and_answered_in_utc(edge: httpx.AsyncClient) -> None:
    answer = await edge.post(URL, json={**GOOD, "name": "  Ann ", "notes": " a\r\nb\t", "password": " p "})
    assert answer.status_code == 201
    body = answer.json()
    assert body["name"] == "Ann"
    assert body["starts_at"] == "2026-03-08T16:00:00Z"
    assert body["notes"] == "a\nb"
    assert body["password"] == " p "
    assert "extra" not in body


async def test_all_faults_come_at_once_as_pointers(edge: httpx.AsyncClient) -> None:
    body = {
        "starts_at": "2026-03-08T09:00:00",
        "items": [{"qty": "1", "name": "x"}, {"qty": 0, "name": "", "colour": "red"}],
        "day": "2026-02-30",
        "kind": "three",
        "extra": {"a/b": "x"},
        "lead_id": "nope",
        "urgent": "yes",
        "surprise": 1,
    }
    found = faults(await edge.post(URL, json=body))
    assert set(found) == {
        "name",
        "starts_at",
        "items/0/qty",
        "items/1/qty",
        "items/1/name",
        "items/1/colour",
        "day",
        "kind",
        "extra/a~1b",
        "lead_id",
        "urgent",
        "surprise",
    }
    assert found["name"] == "is required"
    assert "offset" in found["starts_at"]
    assert found["items/0/qty"] == "must be a whole number from 1 to 99"
    assert found["kind"] == "must be one of: one, two"
    assert found["surprise"] == "is not a known field"
    assert "exists" in found["day"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "a\x00b"),
        ("name", "a\x07b"),
        ("name", "a\nb"),
        ("name", "a\x85b"),
        ("name", "   "),
        ("name", "x" * 21),
        ("name", None),
        ("name", 5),
        ("name", ["a"]),
        ("notes", "a\x00b"),
        ("password", "a\x00b"),
        ("starts_at", "2026-02-30T00:00:00Z"),
        ("starts_at", "0001-01-01T00:00:00+23:59"),
        ("starts_at", "9999-12-31T23:59:59-23:59"),
        ("starts_at", "2026-03-08"),
        ("starts_at", 5),
        ("starts_at", "2026-03-08T09:00:00+99:00"),
        ("items", {"0": {}}),
        ("items", [None]),
        ("items", [GOOD] * 4),
        ("urgent", 1),
        ("urgent", "true"),
        ("free", {"deep": {"er": "\x00"}}),
        ("day", 20260308),
        ("extra", {"a": 2**63}),
        ("extra", {"a": 10**30}),
        ("extra", {"a": 1.5}),
        ("extra", []),
        ("kind", 1),
    ],
)
async def test_a_bad_value_is_refused_by_its_field(edge: httpx.AsyncClient, field: str, value: Any) -> None:
    found = faults(await edge.post(URL, json={**GOOD, field: value}))
    assert all(name == field or name.startswith(f"{field}/") for name in found), found


@pytest.mark.parametrize("body", ["[]", "null", "1", '"x"', "true"])
async def test_a_body_that_is_no_object_is_refused(edge: httpx.AsyncClient, body: str) -> None:
    answer = await edge.post(URL, content=body, headers={"content-type": "application/json"})
    assert faults(answer)[""] in {"must be an object", "must not be null"}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"{'name': 1}",
        b'{"name": "a", "name": "b"}',
        b'{"name": NaN}',
        b'{"name": Infinity}',
        b'{"name": 1e999}',
        b'{"name": "\\ud800x"}',
        b'{"name": "\xff"}',
        b'{"name": "\x00"}',
        b"9" * 5000,
        b"[" * 100_000 + b"]" * 100_000,
        b'{"free": ' + b"[" * 3_000 + b"]" * 3_000 + b"}",
        b"\xef\xbb\xbf{}",
    ],
)
async def test_what_is_not_json_is_refused(edge: httpx.AsyncClient, body: bytes) -> None:
    answer = await edge.post(URL, content=body, headers={"content-type": "application/json"})
    assert answer.status_code in {400, 422}, answer.text
    assert answer.json()["type"] in {"malformed_body", "validation_error"}


@pytest.mark.parametrize(
    "kind",
    [
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/xml",
        "application/json; charset=utf-16",
    ],
)
async def test_another_media_type_is_refused(edge: httpx.AsyncClient, kind: str) -> None:
    answer = await edge.post(URL, content=b"{}", headers={"content-type": kind})
    assert answer.status_code == 415
    assert answer.json()["type"] == "unsupported_media_type"


async def test_a_large_body_is_refused_announced_or_streamed(edge: httpx.AsyncClient) -> None:
    async def stream() -> Any:
        for _ in range(10):
            yield b"x" * 1024 * 1024

    for content in (b"x" * 10 * 1024 * 1024, stream()):
        answer = await edge.post(URL, content=content, headers={"content-type": "application/json"})
        assert answer.status_code == 413
        assert answer.json()["type"] == "payload_too_large"


async def test_a_body_may_be_absent_where_nothing_in_it_is_required(edge: httpx.AsyncClient) -> None:
    assert (await edge.post(f"{URL}/loose")).json() == {"reason": None}
    assert (await edge.post(f"{URL}/loose", json={})).status_code == 200
    assert (await edge.post(f"{URL}/bare")).status_code == 200
    assert (await edge.post(f"{URL}/bare", json={})).status_code == 200
    assert faults(await edge.post(f"{URL}/bare", json={"x": 1})) == {"x": "is not a known field"}


async def test_parameters_are_read_by_their_types(edge: httpx.AsyncClient) -> None:
    query = "from=2026-03-08T09:00:00 02:00&tag= a&tag=b&limit=7&kind=two&urgent=true"
    body = (await edge.get(f"{URL}?{query.replace(' ', '%20')}")).json()
    assert body == {
        "from": "2026-03-08T07:00:00Z",
        "tag": ["a", "b"],
        "limit": 7,
        "kind": "two",
        "lead_id": None,
        "urgent": True,
    }
    plus = (await edge.get(f"{URL}?from=2026-03-08T09:00:00+02:00")).json()
    assert plus["from"] == "2026-03-08T07:00:00Z"


async def test_all_faults_of_a_query_come_at_once(edge: httpx.AsyncClient) -> None:
    query = "from=2026-03-08T09:00:00&limit=0&kind=x&lead_id=1&urgent=maybe&surprise=1&tag=%00&kind=x"
    found = faults(await edge.get(f"{URL}?{query}"))
    assert set(found) == {"from", "limit", "kind", "lead_id", "urgent", "surprise", "tag"}
    assert found["kind"] == "is given more than once"


@pytest.mark.parametrize("value", ["", "1.0", "1e3", "0x1", "+5", " ", "\u0661", "9" * 30, "1_0", "nan"])
async def test_a_number_in_a_query_is_digits(edge: httpx.AsyncClient, value: str) -> None:
    assert set(faults(await edge.get(URL, params={"limit": value}))) == {"limit"}


@pytest.mark.parametrize("query", ["tag=%ff", "tag=%ed%a0%80", "&".join(f"a{i}=1" for i in range(300))])
async def test_a_query_that_is_no_query_is_refused(edge: httpx.AsyncClient, query: str) -> None:
    assert (await edge.get(f"{URL}?{query}")).status_code == 422


async def test_a_tag_is_answered_and_honoured(edge: httpx.AsyncClient) -> None:
    path = f"{URL}/019a0000-0000-7000-8000-000000000000"
    assert (await edge.get(path)).headers["etag"] == '"3"'
    for known in ('"3"', 'W/"3"', '"1", "3"', "*"):
        answer = await edge.get(path, headers={"if-none-match": known})
        assert (answer.status_code, answer.content) == (304, b"")
    for other in ('"4"', "3", "", '"'):
        assert (await edge.get(path, headers={"if-none-match": other})).status_code == 200


async def test_more_parameters_than_anybody_needs_are_refused_as_that(edge: httpx.AsyncClient) -> None:
    answer = await edge.get(f"{URL}?{'&'.join(f'p{n}=1' for n in range(201))}")
    assert faults(answer) == {"query": "has more than 200 parameters"}
