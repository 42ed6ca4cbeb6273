from typing import Protocol


class FieldCipher(Protocol):
    """Keeps single fields unreadable to whoever has only the database."""

    def encrypt(self, plain: bytes, context: bytes) -> bytes:
        """`context` says what the field belongs to: elsewhere it does not open."""

    def decrypt(self, sealed: bytes, context: bytes) -> bytes:
        """Raises ValueError when no key of ours opens it there."""
