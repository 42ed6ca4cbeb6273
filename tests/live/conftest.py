from collections.abc import Iterator

import pytest

from tests.support.live import UNLIMITED, LiveServer, serving


@pytest.fixture(scope="session")
def demo_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """`serve --demo`, as the README starts it, for tests that leave it as they found it or add to it."""
    with serving(tmp_path_factory.mktemp("demo"), "--demo", environment=UNLIMITED) as live:
        yield live
