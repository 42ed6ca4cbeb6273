from collections.abc import Iterator

from dishka import Provider, Scope, provide

from application.delivery.export_channel import ExportChannel
from application.ports.webhooks import WebhookSender
from entrypoints.sending.exports import open_sender


class ExportProvider(Provider):
    """What leaves for other people's systems."""

    scope = Scope.APP
    channel = provide(ExportChannel)

    @provide
    def sender(self) -> Iterator[WebhookSender]:
        with open_sender() as sender:
            yield sender
