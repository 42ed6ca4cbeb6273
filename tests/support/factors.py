"""People with a second factor, over the identity use cases."""

from dataclasses import dataclass, field

from application.identity.issuing import IssuedTokens
from application.identity.second_factor import FactorProof
from domain.identity.actor import Actor
from domain.shared.ids import OrgId, UserId
from tests.support.authenticator import Authenticator
from tests.support.clock import FixedClock
from tests.support.identity import IDS
from tests.support.login import Desk, caller


def code(text: str) -> FactorProof:
    return FactorProof(code=text)


def recovery(text: str) -> FactorProof:
    return FactorProof(recovery_code=text)


@dataclass
class Owner:
    """The owner of an organisation of their own, with a phone once they have enrolled."""

    desk: Desk
    email: str
    user_id: UserId
    org_id: OrgId
    phone: Authenticator
    recovery_codes: list[str] = field(default_factory=list)

    async def log_in(self, proof: FactorProof | None = None) -> IssuedTokens:
        """With a code that nobody has seen, unless another proof is given."""
        return await self.desk.log_in(self.email, proof=proof or code(self.phone.next()))

    async def actor(self) -> Actor:
        return caller(await self.log_in())

    async def enroll(self, actor: Actor) -> Authenticator:
        """The phone as it would be: nothing is on yet."""
        enrolment = await self.desk.enroll(actor, code(self.phone.next()))
        return Authenticator(enrolment.secret.shown, self.phone.clock)

    async def turn_on(self, actor: Actor) -> None:
        phone = await self.enroll(actor)
        self.recovery_codes = list(await self.desk.confirm(actor, phone.code()))
        self.phone = phone


async def an_owner(desk: Desk, clock: FixedClock) -> Owner:
    tail = IDS.new().hex[-12:]
    email = f"olive-{tail}@acme.example"
    created = await desk.create_org(f"org-{tail}", email)
    return Owner(desk, email, created.user_id, created.org_id, Authenticator("A" * 32, clock))


async def an_owner_with_a_factor(desk: Desk, clock: FixedClock) -> Owner:
    owner = await an_owner(desk, clock)
    await owner.turn_on(await owner.actor())
    return owner
