"""Every use case about an organisation's users and mailed links, over either database."""

from dataclasses import dataclass
from datetime import timedelta

from adapters.cryptography.sealing import AesGcmFieldCipher
from adapters.system.human_check import NoHumanCheck
from application.identity.change_role import ChangeRoleHandler
from application.identity.create_user import CreateUserHandler
from application.identity.invitations import AcceptInvitationHandler, InspectInvitationHandler
from application.identity.log_out_user import LogOutUserHandler
from application.identity.mailed_links import LinkMailer, LinkReader, PublicBaseUrl
from application.identity.member_status import DeactivateHandler, ReactivateHandler
from application.identity.new_password import NewPasswordRule
from application.identity.resend_invitation import ResendInvitationHandler
from application.identity.reset_password import ConfirmPasswordResetHandler, RequestPasswordResetHandler
from application.identity.reset_temp_password import ResetTempPasswordHandler
from application.identity.temp_passwords import TempPasswords
from domain.shared.ids import OrgId
from tests.support.identity import IDS
from tests.support.login import CHEAP, POLICY, Desk
from tests.support.mailbox import secrets, token_of

CIPHER = AesGcmFieldCipher([b"f" * 32])


@dataclass(frozen=True)
class Personnel(Desk):
    """The desk, with what admins do to others."""

    @property
    def mailer(self) -> LinkMailer:
        return LinkMailer(self.clock, IDS, CIPHER, PublicBaseUrl("https://sweepline.example"))

    @property
    def reader(self) -> LinkReader:
        return LinkReader(self.uow, self.clock)

    @property
    def rule(self) -> NewPasswordRule:
        return NewPasswordRule(self.uow, CHEAP, POLICY)

    @property
    def temporary(self) -> TempPasswords:
        return TempPasswords(IDS, CHEAP, CIPHER, timedelta(days=1), by_mail=False)

    @property
    def create_user(self) -> CreateUserHandler:
        return CreateUserHandler(self.uow, self.clock, IDS, self.temporary, self.mailer)

    @property
    def change_role(self) -> ChangeRoleHandler:
        return ChangeRoleHandler(self.uow, self.clock)

    @property
    def deactivate(self) -> DeactivateHandler:
        return DeactivateHandler(self.uow, self.clock, self.mailer)

    @property
    def reactivate(self) -> ReactivateHandler:
        return ReactivateHandler(self.uow, self.clock, self.mailer)

    @property
    def log_out_user(self) -> LogOutUserHandler:
        return LogOutUserHandler(self.uow, self.clock)

    @property
    def resend_invitation(self) -> ResendInvitationHandler:
        return ResendInvitationHandler(self.uow, self.mailer)

    @property
    def reset_temp_password(self) -> ResetTempPasswordHandler:
        return ResetTempPasswordHandler(self.uow, self.clock, self.temporary, self.mailer, self.throttling)

    @property
    def request_reset(self) -> RequestPasswordResetHandler:
        return RequestPasswordResetHandler(self.uow, self.clock, NoHumanCheck(), self.mailer)

    @property
    def confirm_reset(self) -> ConfirmPasswordResetHandler:
        return ConfirmPasswordResetHandler(self.uow, self.clock, IDS, self.reader, self.rule, self.throttling)

    @property
    def inspect(self) -> InspectInvitationHandler:
        return InspectInvitationHandler(self.uow, self.reader)

    @property
    def accept(self) -> AcceptInvitationHandler:
        return AcceptInvitationHandler(self.uow, self.clock, self.reader, self.rule, self.guarded)

    async def tokens_for(self, org_id: OrgId, email: str, template: str) -> list[str]:
        """Of the links in that mailbox, oldest first."""
        return [token_of(address) for address in await secrets(self.uow, CIPHER, org_id, email, template)]
