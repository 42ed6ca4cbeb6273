"""The secret that lets a stranger book for the lead that they made, and nothing else."""

from base64 import urlsafe_b64encode
from hashlib import sha256
from typing import Final

SIZE_BYTES: Final = 32


def lead_token(random: bytes) -> str:
    """As it is handed out, once."""
    return urlsafe_b64encode(random).rstrip(b"=").decode()


def token_digest(token: str) -> bytes:
    """As it is stored and compared."""
    return sha256(token.encode()).digest()
