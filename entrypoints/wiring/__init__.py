"""One provider set for HTTP, jobs and command line; each context adds its own provider class here."""

from dishka import AsyncContainer, Provider, make_async_container

from entrypoints.settings import Settings
from entrypoints.wiring.operations import OperationsProvider
from entrypoints.wiring.postgres import PostgresProvider
from entrypoints.wiring.pricing import PricingProvider
from entrypoints.wiring.requests import RequestProvider
from entrypoints.wiring.sealing import SealingProvider
from entrypoints.wiring.system import SystemProvider


def providers(settings: Settings) -> list[Provider]:
    """Every provider for this deployment, in the order of their rooms. Later ones win."""
    del settings
    return [
        SystemProvider(),
        SealingProvider(),
        PostgresProvider(),
        RequestProvider(),
        OperationsProvider(),
        PricingProvider(),
    ]


def make_container(settings: Settings, *overrides: Provider) -> AsyncContainer:
    """The process's container. `overrides` replace single providers, as a test's clock or mailer."""
    return make_async_container(*providers(settings), *overrides, context={Settings: settings})
