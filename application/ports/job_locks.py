from contextlib import AbstractAsyncContextManager
from typing import Protocol

from domain.shared.ids import OrgId


class JobLocks(Protocol):
    """Keeps two runners from doing the same job for the same organisation at once."""

    def hold(self, job: str, org_id: OrgId) -> AbstractAsyncContextManager[bool]:
        """Whether it is ours for as long as the block runs. Never waits: who finds it taken leaves it."""
