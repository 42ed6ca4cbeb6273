from dishka import Provider, Scope, provide, provide_all

from application.delivery.read_outbox import ListMessagesHandler, ReadMessageHandler
from application.delivery.rules import DeliveryRules
from domain.delivery.retry_policy import RetryPolicy
from entrypoints.settings import Settings


class OutboxProvider(Provider):
    """Looking at the outbox, and what the deployment says about deliveries."""

    scope = Scope.APP
    handlers = provide_all(ListMessagesHandler, ReadMessageHandler)

    @provide
    def rules(self, settings: Settings) -> DeliveryRules:
        outbox, email = settings.outbox, settings.email
        usual = RetryPolicy(
            max_attempts=outbox.max_attempts,
            base_backoff_seconds=outbox.base_backoff_seconds,
            max_backoff_seconds=outbox.max_backoff_seconds,
        )
        mail = policy(usual, email.max_retries, email.retry_backoff_seconds)
        return DeliveryRules(lease_seconds=outbox.lease_seconds, usual=usual, by_kind={"email": mail})


def policy(usual: RetryPolicy, retries: int | None, base: int | None) -> RetryPolicy:
    """The usual one, with what is set for one kind of message in its place."""
    return RetryPolicy(
        max_attempts=usual.max_attempts if retries is None else retries + 1,
        base_backoff_seconds=usual.base_backoff_seconds if base is None else base,
        max_backoff_seconds=usual.max_backoff_seconds,
    )
