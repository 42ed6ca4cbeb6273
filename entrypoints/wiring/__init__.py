"""One provider set for HTTP, jobs and command line; each context adds its own provider class here."""

from dishka import AsyncContainer, Provider, make_async_container

from entrypoints.settings import Settings
from entrypoints.wiring.booking import BookingProvider
from entrypoints.wiring.browsers import BrowsersProvider
from entrypoints.wiring.circuits import CircuitsProvider
from entrypoints.wiring.compliance import ComplianceProvider
from entrypoints.wiring.delivery import DeliveryProvider
from entrypoints.wiring.exports import ExportProvider
from entrypoints.wiring.fieldwork import FieldworkProvider
from entrypoints.wiring.identity import IdentityProvider, TenancyProvider
from entrypoints.wiring.job_locks import JobLocksProvider
from entrypoints.wiring.limits import limits_provider
from entrypoints.wiring.mail import mail_provider
from entrypoints.wiring.messaging import MessagingProvider
from entrypoints.wiring.operations import OperationsProvider
from entrypoints.wiring.outbox import OutboxProvider
from entrypoints.wiring.photos import PhotosProvider
from entrypoints.wiring.postgres import PostgresProvider
from entrypoints.wiring.pricing import PricingProvider
from entrypoints.wiring.requests import RequestProvider
from entrypoints.wiring.safety import SafetyProvider
from entrypoints.wiring.scheduler import SchedulerProvider
from entrypoints.wiring.scheduling import SchedulingProvider
from entrypoints.wiring.storage import storage_provider
from entrypoints.wiring.system import SystemProvider

PROVIDERS: tuple[type[Provider], ...] = (
    SystemProvider,
    PostgresProvider,
    IdentityProvider,
    BrowsersProvider,
    TenancyProvider,
    PricingProvider,
    SchedulingProvider,
    BookingProvider,
    FieldworkProvider,
    ComplianceProvider,
    PhotosProvider,
    DeliveryProvider,
    OutboxProvider,
    CircuitsProvider,
    ExportProvider,
    MessagingProvider,
    JobLocksProvider,
    OperationsProvider,
    SafetyProvider,
    SchedulerProvider,
    RequestProvider,
)


def make_container(settings: Settings, *overrides: Provider) -> AsyncContainer:
    """The process's container. `overrides` replace single providers, as a test's clock or mailer."""
    chosen = [mail_provider(settings), limits_provider(settings), storage_provider(settings)]
    providers = [*(provider() for provider in PROVIDERS), *chosen]
    return make_async_container(*providers, *overrides, context={Settings: settings})
