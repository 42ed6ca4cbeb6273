"""Signatures that the libraries of Standard Webhooks verify."""

import hashlib
import hmac
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from datetime import datetime

PREFIX = "whsec_"


def signing_key(secret: str) -> bytes:
    """The bytes of `whsec_` and base64, with or without the prefix; of any other text its own."""
    text = secret.removeprefix(PREFIX)
    try:
        return b64decode(text, validate=True) or text.encode()
    except ValueError:
        return text.encode()


def signed_headers(message_id: str, at: datetime, body: bytes, keys: Sequence[bytes]) -> Mapping[str, str]:
    """Each key signs, so that a receiver may know either of two. Without a key nothing is signed."""
    timestamp = str(int(at.timestamp()))
    headers = {"webhook-id": message_id, "webhook-timestamp": timestamp}
    if not keys:
        return headers
    signed = b".".join((message_id.encode(), timestamp.encode(), body))
    signatures = (b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode() for key in keys)
    return {**headers, "webhook-signature": " ".join(f"v1,{signature}" for signature in signatures)}
