from dishka import Provider, Scope, provide

from adapters.h11.webhooks import H11WebhookSender
from application.delivery.export_channel import ExportChannel
from application.ports.webhooks import WebhookSender


class ExportProvider(Provider):
    """What leaves for other people's systems."""

    scope = Scope.APP
    channel = provide(ExportChannel)

    @provide
    def sender(self) -> WebhookSender:
        return H11WebhookSender()
