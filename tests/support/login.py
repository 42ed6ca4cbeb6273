"""The identity use cases over any unit of work, with a hash that costs nothing."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from adapters.argon2.passwords import Argon2Passwords, Cost
from adapters.cryptography.sealing import AesGcmFieldCipher, HmacKeyedHash, HmacRecoveryHashes, ParentSealer
from adapters.jose.access_tokens import JoseAccessTokens
from adapters.pyotp.one_time_codes import PyotpOneTimeCodes
from adapters.segno.qr_codes import SegnoQrCodes
from adapters.system.common_passwords import common_passwords
from application.identity.change_password import ChangePassword, ChangePasswordHandler
from application.identity.confirm_factor import ConfirmFactor, ConfirmFactorHandler
from application.identity.disable_factor import DisableFactor, DisableFactorHandler
from application.identity.enroll_factor import EnrollFactor, EnrollFactorHandler, Enrolment
from application.identity.factor_tries import FactorTries
from application.identity.guarded_passwords import GuardedPasswords
from application.identity.issuing import IssuedTokens, TokenIssuer
from application.identity.log_in import LogIn, LogInHandler, RefusalPace
from application.identity.log_out import LogOut, LogOutEverywhere, LogOutEverywhereHandler, LogOutHandler
from application.identity.origin import Origin
from application.identity.password_proof import PasswordProof
from application.identity.read_me import Me, ReadMeHandler
from application.identity.refresh_session import RefreshSession, RefreshSessionHandler
from application.identity.remove_lost_factor import RemoveLostFactor, RemoveLostFactorHandler
from application.identity.renew_recovery_codes import RenewRecoveryCodes, RenewRecoveryCodesHandler
from application.identity.second_factor import NO_PROOF, FactorProof, SecondFactor
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
from domain.shared.ids import OrgId, UserId
from tests.support.identity import IDS, LIFETIMES, an_address

PASSWORD = "correct horse battery staple"
POLICY = PasswordPolicy(common_passwords())
AT_ONCE = RefusalPace(0)
CHEAP = Argon2Passwords(Cost(time=1, memory_kib=8, parallelism=1))


@dataclass(frozen=True)
class Desk:
    """One door to every identity use case."""

    uow: UnitOfWork
    clock: Clock
    lifetimes: Lifetimes = LIFETIMES
    refusal_pace: RefusalPace = AT_ONCE
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
        proof: FactorProof = NO_PROOF,
    ) -> IssuedTokens:
        handler = LogInHandler(
            self.uow,
            self.clock,
            IDS,
            CHEAP,
            self.issuer,
            self.guarded,
            self.factor,
            self.tries,
            self.refusal_pace,
        )
        command = LogIn(email=email, password=password, org_id=org_id, org_slug=org_slug, proof=proof)
        return await handler.handle(origin or self.origin, command)

    async def refresh(self, refresh_token: str, mfa_code: str | None = None) -> IssuedTokens:
        handler = RefreshSessionHandler(
            self.uow, self.clock, self.issuer, ParentSealer(), self.factor, self.tries
        )
        return await handler.handle(self.origin, RefreshSession(refresh_token, mfa_code))

    async def log_out(self, actor: Actor) -> None:
        await LogOutHandler(self.uow, self.clock).handle(actor, LogOut())

    async def log_out_everywhere(self, actor: Actor, *, keep_current: bool = False) -> int:
        handler = LogOutEverywhereHandler(self.uow, self.clock)
        return await handler.handle(actor, LogOutEverywhere(keep_current))

    @property
    def password_proof(self) -> PasswordProof:
        return PasswordProof(self.uow, self.clock, self.guarded)

    @property
    def factor(self) -> SecondFactor:
        cipher, hashes = AesGcmFieldCipher([b"f" * 32]), HmacRecoveryHashes([b"r" * 32])
        return SecondFactor("Sweepline", self.clock, IDS, PyotpOneTimeCodes(), cipher, hashes, SegnoQrCodes())

    @property
    def tries(self) -> FactorTries:
        return FactorTries(self.uow, self.throttling)

    async def step_up(
        self, actor: Actor, password: str = PASSWORD, proof: FactorProof = NO_PROOF
    ) -> datetime:
        handler = StepUpHandler(self.uow, self.clock, self.password_proof, self.factor, self.tries)
        return await handler.handle(actor, StepUp(password, proof))

    async def enroll(
        self, actor: Actor, proof: FactorProof = NO_PROOF, *, current_password: str | None = None
    ) -> Enrolment:
        handler = EnrollFactorHandler(self.uow, self.clock, self.password_proof, self.factor, self.tries)
        return await handler.handle(actor, EnrollFactor(current_password=current_password, proof=proof))

    async def confirm(self, actor: Actor, code: str) -> tuple[str, ...]:
        handler = ConfirmFactorHandler(self.uow, self.clock, IDS, self.factor, self.tries)
        return (await handler.handle(actor, ConfirmFactor(code))).shown

    async def renew_recovery_codes(self, actor: Actor, code: str | None) -> tuple[str, ...]:
        handler = RenewRecoveryCodesHandler(self.uow, self.clock, self.factor, self.tries)
        return (await handler.handle(actor, RenewRecoveryCodes(code))).shown

    async def disable(
        self, actor: Actor, proof: FactorProof = NO_PROOF, *, user_id: UserId | None = None
    ) -> UserId:
        handler = DisableFactorHandler(self.uow, self.clock, IDS, self.factor, self.tries)
        return await handler.handle(actor, DisableFactor(user_id=user_id, proof=proof, reason="lost"))

    async def remove_lost_factor(self, email: str) -> UserId:
        handler = RemoveLostFactorHandler(self.uow, self.clock, IDS)
        return await handler.handle(RemoveLostFactor(email, "lost"))

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
        mfa_verified=tokens.session.mfa_verified,
        fresh=True,
        name="somebody",
        request_id="request-1",
    )
