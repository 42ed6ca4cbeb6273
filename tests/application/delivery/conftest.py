import pytest


@pytest.fixture(autouse=True)
def empty_outbox(request: pytest.FixtureRequest) -> None:
    """A runner serves every organisation: what other tests left must not reach it."""
    callspec = getattr(request.node, "callspec", None)
    if callspec is not None and callspec.params.get("uow") == "postgres":
        request.getfixturevalue("postgres").execute("truncate outbox_events cascade")
