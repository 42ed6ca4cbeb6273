from datetime import timedelta

from dishka import Provider, Scope, provide, provide_all
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.argon2.passwords import Argon2Passwords, Cost
from adapters.cryptography.sealing import AesGcmFieldCipher, HmacKeyedHash, HmacRecoveryHashes, ParentSealer
from adapters.jose.access_tokens import JoseAccessTokens
from adapters.postgres.credentials import PostgresActiveOrgs, PostgresSessionStates
from adapters.pyotp.one_time_codes import PyotpOneTimeCodes
from adapters.segno.qr_codes import SegnoQrCodes
from adapters.system.common_passwords import common_passwords
from application.identity.add_member import AddMemberHandler
from application.identity.change_password import ChangePasswordHandler
from application.identity.change_role import ChangeRoleHandler
from application.identity.confirm_factor import ConfirmFactorHandler
from application.identity.create_user import CreateUserHandler
from application.identity.disable_factor import DisableFactorHandler
from application.identity.enroll_factor import EnrollFactorHandler
from application.identity.factor_tries import FactorTries
from application.identity.guarded_passwords import GuardedPasswords
from application.identity.invitations import AcceptInvitationHandler, InspectInvitationHandler
from application.identity.issuing import TokenIssuer
from application.identity.list_users import ListUsersHandler, ReadUserHandler
from application.identity.log_in import LogInHandler, RefusalPace
from application.identity.log_out import LogOutEverywhereHandler, LogOutHandler
from application.identity.log_out_user import LogOutUserHandler
from application.identity.mailed_links import LinkMailer, LinkReader, PublicBaseUrl
from application.identity.member_status import DeactivateHandler, ReactivateHandler
from application.identity.new_password import NewPasswordRule
from application.identity.operator_reset import OperatorResetHandler
from application.identity.own_sessions import ListOwnSessionsHandler, RevokeOwnSessionHandler
from application.identity.password_proof import PasswordProof
from application.identity.read_me import ReadMeHandler
from application.identity.refresh_session import RefreshSessionHandler
from application.identity.remove_lost_factor import RemoveLostFactorHandler
from application.identity.renew_recovery_codes import RenewRecoveryCodesHandler
from application.identity.resend_invitation import ResendInvitationHandler
from application.identity.reset_password import ConfirmPasswordResetHandler, RequestPasswordResetHandler
from application.identity.reset_temp_password import ResetTempPasswordHandler
from application.identity.second_factor import SecondFactor
from application.identity.session_use import SessionUse
from application.identity.step_up import StepUpHandler
from application.identity.temp_passwords import TempPasswords
from application.identity.throttling import Throttling
from application.ports.clock import Clock
from application.ports.field_cipher import FieldCipher
from application.ports.identifiers import Identifiers
from application.ports.orgs import ActiveOrgs
from application.ports.passwords import Passwords
from application.ports.sessions import SessionStates
from application.ports.tokens import AccessTokens, KeyedHash, TokenSealer
from application.ports.unit_of_work import UnitOfWork
from application.scheduling.founding import SchedulingDefaults
from application.tenancy.create_org import CreateOrgHandler
from application.tenancy.default_org import EnsureDefaultOrgHandler
from application.tenancy.edit_org import EditOrgHandler
from application.tenancy.founding import Founding
from application.tenancy.operate_orgs import ListOrgsHandler, SetOrgStatusHandler
from application.tenancy.read_org import ReadOrgHandler
from domain.identity.basic import BasicPairs
from domain.identity.passwords import PasswordPolicy
from domain.identity.session import Lifetimes
from domain.shared.ids import OrgId
from entrypoints.http.authenticate import Authenticate
from entrypoints.http.authentication import Authentication
from entrypoints.http.basic import BasicCallers
from entrypoints.http.callers import SignedCallers
from entrypoints.http.rates import Callers
from entrypoints.keys import access_keys, email_key, field_keys, recovery_keys
from entrypoints.sending.links import base_url_of
from entrypoints.settings import Settings
from entrypoints.wiring.basic import basic_pairs
from entrypoints.wiring.postgres import request_limits


class IdentityProvider(Provider):
    """Who somebody is and what proves it."""

    scope = Scope.APP

    handlers = provide_all(
        AddMemberHandler,
        LinkMailer,
        LinkReader,
        NewPasswordRule,
        CreateUserHandler,
        ListUsersHandler,
        ReadUserHandler,
        ResendInvitationHandler,
        ResetTempPasswordHandler,
        OperatorResetHandler,
        ChangeRoleHandler,
        DeactivateHandler,
        ReactivateHandler,
        LogOutUserHandler,
        RequestPasswordResetHandler,
        ConfirmPasswordResetHandler,
        InspectInvitationHandler,
        AcceptInvitationHandler,
        LogInHandler,
        RefreshSessionHandler,
        LogOutHandler,
        LogOutEverywhereHandler,
        ChangePasswordHandler,
        ReadMeHandler,
        ListOwnSessionsHandler,
        RevokeOwnSessionHandler,
        StepUpHandler,
        EnrollFactorHandler,
        ConfirmFactorHandler,
        RenewRecoveryCodesHandler,
        DisableFactorHandler,
        RemoveLostFactorHandler,
        FactorTries,
        PasswordProof,
        GuardedPasswords,
        Throttling,
        TokenIssuer,
        SessionUse,
    )

    @provide
    def passwords(self, settings: Settings) -> Passwords:
        auth = settings.auth
        return Argon2Passwords(
            Cost(
                time=auth.argon2_time_cost,
                memory_kib=auth.argon2_memory_cost_kib,
                parallelism=auth.argon2_parallelism,
            )
        )

    @provide
    def temp_passwords(
        self, settings: Settings, ids: Identifiers, passwords: Passwords, cipher: FieldCipher
    ) -> TempPasswords:
        life = timedelta(minutes=settings.auth.temp_password_ttl_minutes)
        return TempPasswords(ids, passwords, cipher, life, by_mail=settings.email.temp_passwords)

    @provide
    def public_base_url(self, settings: Settings) -> PublicBaseUrl:
        return PublicBaseUrl(base_url_of(settings))

    @provide
    def pace(self) -> RefusalPace:
        return RefusalPace(1.0)

    @provide
    def policy(self) -> PasswordPolicy:
        return PasswordPolicy(common_passwords())

    @provide
    def lifetimes(self, settings: Settings) -> Lifetimes:
        auth = settings.auth
        return Lifetimes(
            access=timedelta(minutes=auth.access_token_ttl_minutes),
            session=timedelta(minutes=auth.session_ttl_minutes),
            refresh=timedelta(minutes=auth.refresh_token_ttl_minutes),
            absolute=timedelta(minutes=auth.session_absolute_ttl_minutes),
            reuse_grace=timedelta(seconds=auth.refresh_reuse_grace_seconds),
        )

    @provide
    def access_tokens(self, settings: Settings, clock: Clock, ids: Identifiers) -> AccessTokens:
        return JoseAccessTokens(access_keys(settings), clock, ids)

    @provide
    def cipher(self, settings: Settings) -> FieldCipher:
        return AesGcmFieldCipher(field_keys(settings))

    @provide
    def second_factor(
        self, settings: Settings, clock: Clock, ids: Identifiers, cipher: FieldCipher
    ) -> SecondFactor:
        hashes = HmacRecoveryHashes(recovery_keys(settings))
        app_name = settings.general.app_name
        return SecondFactor(app_name, clock, ids, PyotpOneTimeCodes(), cipher, hashes, SegnoQrCodes())

    @provide
    def sealer(self) -> TokenSealer:
        return ParentSealer()

    @provide
    def email_keys(self, settings: Settings) -> KeyedHash:
        return HmacKeyedHash(email_key(settings))

    @provide
    def session_states(self, engine: AsyncEngine, settings: Settings) -> SessionStates:
        return PostgresSessionStates(engine, request_limits(settings))

    @provide
    def active_orgs(self, engine: AsyncEngine) -> ActiveOrgs:
        return PostgresActiveOrgs(engine)

    callers = provide(SignedCallers, provides=Callers)

    @provide
    def authenticate(
        self,
        tokens: AccessTokens,
        states: SessionStates,
        orgs: ActiveOrgs,
        uses: SessionUse,
        clock: Clock,
        settings: Settings,
        throttling: Throttling,
    ) -> Authenticate:
        header = settings.test_org_header
        basic = None
        if settings.basic.enabled:
            default = OrgId(settings.general.default_org_id)
            basic = BasicCallers(BasicPairs(basic_pairs(settings)), orgs, throttling, default, header)
        return Authentication(tokens, states, orgs, uses, clock, header, basic)


class TenancyProvider(Provider):
    """Organisations: their birth, their settings, the operator's hand on them."""

    scope = Scope.APP

    handlers = provide_all(
        EnsureDefaultOrgHandler, EditOrgHandler, ReadOrgHandler, ListOrgsHandler, SetOrgStatusHandler
    )

    @provide
    def founding(self, settings: Settings, ids: Identifiers) -> Founding:
        defaults = SchedulingDefaults(
            pending_ttl_minutes=settings.field.pending_booking_ttl_minutes,
            deposit_bps=int(settings.field.deposit_percent * 10_000),
        )
        return Founding(ids, defaults)

    @provide
    def create_org(
        self,
        settings: Settings,
        uow: UnitOfWork,
        clock: Clock,
        ids: Identifiers,
        passwords: Passwords,
        policy: PasswordPolicy,
        founding: Founding,
    ) -> CreateOrgHandler:
        life = timedelta(minutes=settings.auth.temp_password_ttl_minutes)
        return CreateOrgHandler(uow, clock, ids, passwords, policy, founding, life)
