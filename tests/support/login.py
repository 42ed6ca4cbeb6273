"""The identity use cases over any unit of work, with a hash that costs nothing."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from adapters.argon2.passwords import Argon2Passwords, Cost
from adapters.cryptography.sealing import HmacKeyedHash, ParentSealer
from adapters.jose.access_tokens import JoseAccessTokens
from adapters.system.common_passwords import common_passwords
from application.identity.change_password import ChangePassword, ChangePasswordHandler
from application.identity.guarded_passwords import GuardedPasswords
from application.identity.issuing import IssuedTokens, TokenIssuer
from application.identity.log_in import LogIn, LogInHandler
from application.identity.log_out import LogOut, LogOutEverywhere, LogOutEverywhereHandler, LogOutHandler
from application.identity.origin import Origin
from application.identity.password_proof import PasswordProof
from application.identity.read_me import Me, ReadMeHandler
from application.identity.refresh_session import RefreshSession, RefreshSessionHandler
from application.identity.step_up import StepUp, StepUpHandler
from application.identity.throttling import Throttling
from application.ports.clock import Clock
from application.ports.unit_of_work import UnitOfWork
from application.scheduling.founding import SchedulingDefaults
from application.tenancy.create_org import CreatedOrg, CreateOrg, CreateOrgHandler
from application.tenancy.founding import Founding
from domain.identity.actor import Actor, ActorKind
from domain.identity.passwords import PasswordPolicy
from domain.identity.session import Lifetimes
from domain.shared.ids import OrgId
from tests.support.identity import IDS, LIFETIMES, an_address

PASSWORD = "correct horse battery staple"
POLICY = PasswordPolicy(common_passwords())
CHEAP = Argon2Passwords(Cost(time=1, memory_kib=8, parallelism=1))


@dataclass(frozen=True)
class Desk:
    """One door to every identity use case."""

    uow: UnitOfWork
    clock: Clock
    lifetimes: Lifetimes = LIFETIMES
    origin: Origin = field(default_factory=lambda: Origin("request-1", an_address(), "tests"))

    @property
    def tokens(self) -> JoseAccessTokens:
        return JoseAccessTokens([b"k" * 32], self.clock, IDS)

    @property
    def issuer(self) -> TokenIssuer:
        return TokenIssuer(self.tokens, IDS, self.lifetimes)

    @property
    def throttling(self) -> Throttling:
        return Throttling(self.uow, self.clock, IDS, HmacKeyedHash(b"e" * 32))

    @property
    def guarded(self) -> GuardedPasswords:
        return GuardedPasswords(self.throttling, CHEAP)

    async def create_org(self, slug: str, owner_email: str, password: str | None = PASSWORD) -> CreatedOrg:
        founding = Founding(IDS, SchedulingDefaults())
        handler = CreateOrgHandler(
            self.uow, self.clock, IDS, CHEAP, POLICY, founding, timedelta(minutes=1440)
        )
        return await handler.handle(
            CreateOrg(name="Acme Cleaning", slug=slug, owner_email=owner_email, owner_password=password)
        )

    async def log_in(
        self,
        email: str,
        password: str = PASSWORD,
        *,
        org_id: OrgId | None = None,
        org_slug: str | None = None,
        origin: Origin | None = None,
    ) -> IssuedTokens:
        handler = LogInHandler(self.uow, self.clock, IDS, CHEAP, self.issuer, self.guarded)
        return await handler.handle(
            origin or self.origin, LogIn(email=email, password=password, org_id=org_id, org_slug=org_slug)
        )

    async def refresh(self, refresh_token: str) -> IssuedTokens:
        handler = RefreshSessionHandler(self.uow, self.clock, self.issuer, ParentSealer())
        return await handler.handle(self.origin, RefreshSession(refresh_token))

    async def log_out(self, actor: Actor) -> None:
        await LogOutHandler(self.uow, self.clock).handle(actor, LogOut())

    async def log_out_everywhere(self, actor: Actor, *, keep_current: bool = False) -> int:
        handler = LogOutEverywhereHandler(self.uow, self.clock)
        return await handler.handle(actor, LogOutEverywhere(keep_current))

    @property
    def password_proof(self) -> PasswordProof:
        return PasswordProof(self.uow, self.guarded)

    async def step_up(self, actor: Actor, password: str = PASSWORD) -> datetime:
        handler = StepUpHandler(self.uow, self.clock, self.password_proof)
        return await handler.handle(actor, StepUp(password))

    async def change_password(self, actor: Actor, current: str, new: str) -> IssuedTokens:
        handler = ChangePasswordHandler(
            self.uow, self.clock, IDS, CHEAP, POLICY, self.issuer, self.password_proof
        )
        return await handler.handle(actor, ChangePassword(current, new))

    async def me(self, actor: Actor) -> Me:
        return await ReadMeHandler(self.uow, self.clock).handle(actor)


def caller(tokens: IssuedTokens) -> Actor:
    """Who bears these tokens, as the gate would say."""
    return Actor(
        org_id=tokens.org_id,
        kind=ActorKind.BEARER,
        role=tokens.role,
        user_id=tokens.session.user_id,
        session_id=tokens.session.id,
        name="somebody",
        request_id="request-1",
    )
