"""What a second factor is made of, and how one proof of it is spent."""

import hmac
from base64 import b32encode
from dataclasses import dataclass

from application.ports.clock import Clock
from application.ports.field_cipher import FieldCipher
from application.ports.identifiers import Identifiers
from application.ports.persons import Secret
from application.ports.second_factor import OneTimeCodes, QrCodes, RecoveryHashes
from application.ports.unit_of_work import Unit
from domain.identity.errors import InvalidMfaCode, MfaRequired
from domain.identity.person import Person
from domain.identity.second_factor import (
    RECOVERY_CODES,
    SECRET_BYTES,
    bare_recovery_code,
    is_code,
    otpauth_uri,
    recovery_code,
    steps_to_try,
)
from domain.shared.ids import UserId


@dataclass(frozen=True, slots=True, kw_only=True)
class FactorProof:
    """What somebody offers: a code of their authenticator, or one of the recovery codes."""

    code: str | None = None
    recovery_code: str | None = None

    @property
    def given(self) -> bool:
        return self.code is not None or self.recovery_code is not None


NO_PROOF = FactorProof()


@dataclass(frozen=True, slots=True)
class NewSecret:
    sealed: bytes
    shown: str  # base32 without padding
    uri: str
    qr_svg: str


@dataclass(frozen=True, slots=True)
class NewRecoveryCodes:
    shown: tuple[str, ...]
    hashes: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class SecondFactor:
    """Secrets leave this place sealed, shown once, or not at all."""

    app_name: str
    clock: Clock
    ids: Identifiers
    codes: OneTimeCodes
    cipher: FieldCipher
    hashes: RecoveryHashes
    pictures: QrCodes

    def new_secret(self, person: Person) -> NewSecret:
        plain = self.ids.secret(SECRET_BYTES)
        shown = b32encode(plain).decode()
        uri = otpauth_uri(self.app_name, person.email, shown)
        return NewSecret(self.cipher.encrypt(plain, _context(person.id)), shown, uri, self.pictures.svg(uri))

    def new_recovery_codes(self, user_id: UserId) -> NewRecoveryCodes:
        shown = tuple(recovery_code(self.ids.secret) for _ in range(RECOVERY_CODES))
        return NewRecoveryCodes(shown, tuple(self.hashes.of(user_id, _bare(code)) for code in shown))

    def step_of(self, user_id: UserId, sealed: bytes, code: str) -> int | None:
        """The latest step near now that shows this code."""
        if not is_code(code):
            return None
        plain = self.cipher.decrypt(sealed, _context(user_id))
        fitting = (
            step
            for step in steps_to_try(self.clock.now())
            if hmac.compare_digest(self.codes.code(plain, step), code)
        )
        return next(fitting, None)

    async def spend(self, unit: Unit, secret: Secret, proof: FactorProof) -> None:
        """Accepts the proof, once, in the transaction of what it is for. Who has no factor needs none.

        Raises MfaRequired without a proof, InvalidMfaCode for one that is wrong, old or spent."""
        sealed, user_id = secret.factor.secret, secret.user_id
        if sealed is None:
            return
        if not proof.given:
            raise MfaRequired
        spent = False
        if proof.code is not None:
            step = self.step_of(user_id, sealed, proof.code)
            spent = step is not None and await unit.person_secrets.spend_step(user_id, sealed, step)
        elif (bare := bare_recovery_code(proof.recovery_code or "")) is not None:
            candidates = self.hashes.candidates(user_id, bare)
            spent = await unit.person_secrets.spend_recovery_code(user_id, candidates)
        if not spent:
            raise InvalidMfaCode


def _context(user_id: UserId) -> bytes:
    return b"totp " + user_id.bytes


def _bare(code: str) -> str:
    return code.replace("-", "")
