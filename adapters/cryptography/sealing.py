"""Secrets at rest, and stand-ins for what must not be stored at all."""

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from adapters.cryptography.keys import derive_key
from domain.shared.ids import UserId

NONCE_BYTES = 12
KID_BYTES = 4


def kid_of(key: bytes) -> bytes:
    return hashlib.sha256(b"kid" + key).digest()[:KID_BYTES]


@dataclass(frozen=True, slots=True)
class AesGcmFieldCipher:
    """The first key encrypts; all of them decrypt. `context` must be the same both times."""

    keys: Sequence[bytes] = field(repr=False)

    def encrypt(self, plain: bytes, context: bytes) -> bytes:
        key, nonce = self.keys[0], secrets.token_bytes(NONCE_BYTES)
        return kid_of(key) + nonce + AESGCM(key).encrypt(nonce, plain, context)

    def decrypt(self, sealed: bytes, context: bytes) -> bytes:
        kid, rest = sealed[:KID_BYTES], sealed[KID_BYTES:]
        for key in self.keys:
            if kid_of(key) == kid:
                try:
                    return AESGCM(key).decrypt(rest[:NONCE_BYTES], rest[NONCE_BYTES:], context)
                except InvalidTag:
                    continue
        raise ValueError("None of our keys opens this field.")


@dataclass(frozen=True, slots=True)
class ParentSealer:
    """Sealed under a key made from the parent token: the database alone opens nothing."""

    def seal(self, parent: str, child: str) -> bytes:
        nonce = secrets.token_bytes(NONCE_BYTES)
        return nonce + AESGCM(derive_key(parent, "refresh child")).encrypt(nonce, child.encode(), None)

    def open(self, parent: str, sealed: bytes) -> str:
        nonce, rest = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]
        return AESGCM(derive_key(parent, "refresh child")).decrypt(nonce, rest, None).decode()


@dataclass(frozen=True, slots=True)
class HmacKeyedHash:
    key: bytes = field(repr=False)

    def of(self, text: str) -> bytes:
        return hmac.digest(self.key, text.encode(errors="surrogatepass"), "sha256")


@dataclass(frozen=True, slots=True)
class HmacRecoveryHashes:
    """The first key makes; all of them find."""

    keys: Sequence[bytes] = field(repr=False)

    def of(self, user_id: UserId, code: str) -> bytes:
        return self._under(self.keys[0], user_id, code)

    def candidates(self, user_id: UserId, code: str) -> tuple[bytes, ...]:
        return tuple(self._under(key, user_id, code) for key in self.keys)

    @staticmethod
    def _under(key: bytes, user_id: UserId, code: str) -> bytes:
        return hmac.digest(key, user_id.bytes + code.encode(), "sha256")
