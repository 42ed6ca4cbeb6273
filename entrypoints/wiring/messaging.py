from dishka import Provider, Scope, provide, provide_all

from adapters.jinja.templates import JinjaTemplates
from application.booking.remind_clients import ScanForMailHandler
from application.delivery.compose import Sender
from application.delivery.list_emails import ListEmailsHandler
from application.delivery.preview_mail import ListTemplatesHandler, PreviewMailHandler
from application.delivery.resend_email import ResendEmailHandler, Resending, ResendLastEmailHandler
from application.delivery.suppressed import SuppressedRecipients
from application.delivery.suppressing import ListSuppressionsHandler, RemoveSuppressionHandler
from application.delivery.unsubscribe_links import UnsubscribeLinks
from application.delivery.unsubscribing import (
    ShowUnsubscribeHandler,
    UndoUnsubscribeHandler,
    UnsubscribeHandler,
)
from application.ports.templates import Templates
from entrypoints.sending.links import unsubscribe_links_of
from entrypoints.sending.mail import sender_of
from entrypoints.settings import Settings


class MessagingProvider(Provider):
    """Reminders, mails to look at before and after they left, and whom none goes to."""

    scope = Scope.APP
    handlers = provide_all(
        ListEmailsHandler,
        ListSuppressionsHandler,
        ListTemplatesHandler,
        PreviewMailHandler,
        RemoveSuppressionHandler,
        ResendEmailHandler,
        ResendLastEmailHandler,
        Resending,
        ScanForMailHandler,
        ShowUnsubscribeHandler,
        SuppressedRecipients,
        UndoUnsubscribeHandler,
        UnsubscribeHandler,
    )

    @provide
    def templates(self) -> Templates:
        return JinjaTemplates()

    @provide
    def sender(self, settings: Settings) -> Sender:
        return sender_of(settings)

    @provide
    def unsubscribe_links(self, settings: Settings) -> UnsubscribeLinks:
        return unsubscribe_links_of(settings)
