import secrets
from uuid import UUID

from uuid_utils.compat import uuid7


class SystemIdentifiers:
    def new(self) -> UUID:
        return UUID(int=uuid7().int)

    def secret(self, size_bytes: int) -> bytes:
        return secrets.token_bytes(size_bytes)
