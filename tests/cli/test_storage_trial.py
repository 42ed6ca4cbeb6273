"""`sweepline doctor --try-storage`: a picture through its whole life, in the store as it is configured."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from entrypoints.cli import storage_trial
from entrypoints.cli.storage_trial import reach_storage, try_storage
from entrypoints.settings import Settings
from tests.support.http import NO_DATABASE, settings_for
from tests.support.stores import Servers, opened_servers


@pytest.fixture(scope="module")
def servers() -> Iterator[Servers]:
    yield from opened_servers()


def configured(home: Path, backend: str, servers: Servers | None = None, **environ: str) -> Settings:
    given = {**NO_DATABASE, "ORDER_STORAGE_BACKEND": backend, **environ}
    if servers is not None:
        servers.calm()
        given |= servers.environ(backend) | environ
    return settings_for(home, None, **given)


async def test_local_disk_is_tried_and_left_as_it_was(tmp_path: Path) -> None:
    settings = configured(tmp_path, "local")
    assert await try_storage(settings) == "local: a picture was put, read by a signed link, and deleted"
    assert [path for path in settings.upload_root.rglob("*") if path.is_file()] == []


async def test_a_store_that_speaks_s3_is_tried_over_the_network(tmp_path: Path, servers: Servers) -> None:
    assert "read by a signed link" in await try_storage(configured(tmp_path, "s3", servers))


async def test_a_store_is_reached_without_a_picture(tmp_path: Path, servers: Servers) -> None:
    assert "answers to our keys" in await reach_storage(configured(tmp_path, "s3", servers))


@pytest.mark.parametrize(
    "wrong",
    [{"R2_SECRET_KEY": "a-canary-7731"}, {"R2_BUCKET": "nobodys"}, {"R2_ENDPOINT": "http://127.0.0.1:1"}],
)
async def test_a_store_that_does_not_take_our_keys_is_found_out(
    tmp_path: Path, servers: Servers, wrong: dict[str, str]
) -> None:
    with pytest.raises(OSError, match="cannot be looked for") as refused:
        await reach_storage(configured(tmp_path, "s3", servers, **wrong))
    assert "7731" not in str(refused.value)


async def test_what_the_store_refuses_is_said_without_its_secrets(tmp_path: Path, servers: Servers) -> None:
    settings = configured(tmp_path, "s3", servers, R2_SECRET_KEY="a-canary-7731")
    with pytest.raises(OSError, match="cannot be put") as refused:
        await try_storage(settings)
    assert "7731" not in str(refused.value)


async def test_a_link_that_does_not_open_is_found_out_and_nothing_is_left(
    tmp_path: Path, servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As with a bucket behind an address that only we can reach."""

    async def unreadable(link: str, timeout_seconds: float) -> None:
        raise OSError(f"the link leads nowhere after {timeout_seconds} s ({len(link)})")

    settings = configured(tmp_path, "s3", servers)
    with monkeypatch.context() as patched:
        patched.setattr(storage_trial, "_read_there", unreadable)
        with pytest.raises(OSError, match="leads nowhere"):
            await try_storage(settings)
    assert "deleted" in await try_storage(settings)
