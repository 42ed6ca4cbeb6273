from dataclasses import dataclass

from application.identity.origin import Origin
from application.identity.throttling import Admission, Throttling
from application.ports.passwords import Passwords, Verdict
from domain.identity.errors import InvalidCredentials, Overloaded
from domain.shared.ids import UserId


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What is offered for whom. `purpose` is for the record: change_password, step_up, invitation."""

    origin: Origin
    purpose: str
    email: str
    password: str
    password_hash: str | None  # None matches nothing, at the same cost
    user_id: UserId | None


@dataclass(frozen=True, slots=True)
class GuardedPasswords:
    """The only way to compare a password: every comparison is a counted try."""

    throttling: Throttling
    passwords: Passwords

    async def require(self, proof: Proof) -> None:
        """Counts as a login does. Raises InvalidCredentials, TooManyTries, Overloaded."""
        admission = await self.throttling.admit_password(proof.origin, proof.email)
        if admission.refusal is not None:
            await self.throttling.wrong(admission, proof.purpose)
            raise admission.refusal
        verdict = await self.compare(admission, proof.password, proof.password_hash)
        if not verdict.matches:
            await self.throttling.wrong(admission, proof.purpose, proof.user_id)
            raise InvalidCredentials
        await self.throttling.right(admission)

    async def compare(self, admission: Admission, password: str, password_hash: str | None) -> Verdict:
        """One full hash. Who is sent away by its queue has not guessed."""
        try:
            return await self.passwords.verify(password, password_hash)
        except Overloaded:
            await self.throttling.undo(admission)
            raise
