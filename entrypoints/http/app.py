"""The application: every controller, behind the gates, inside the edge."""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol

from dishka import AsyncContainer
from litestar import Controller, Litestar, Request, Response
from litestar.exceptions import MethodNotAllowedException
from litestar.routes import HTTPRoute

from application.ports.idempotency import Replay
from domain.identity.actor import Role
from entrypoints.http.add_ons import AddOnsController
from entrypoints.http.assignment_queue import AssignmentQueueController
from entrypoints.http.audit import AuditController
from entrypoints.http.auth import AuthController
from entrypoints.http.blackouts import BlackoutsController
from entrypoints.http.body_sizes import MOST_BODY_BYTES, Declared, body_sizes
from entrypoints.http.booking_moves import BookingMovesController
from entrypoints.http.booking_overrides import BookingOverridesController
from entrypoints.http.booking_settings import BookingSettingsController
from entrypoints.http.bookings import BookingsController
from entrypoints.http.break_glass import BreakGlassController
from entrypoints.http.bulk_bookings import BulkBookingsController
from entrypoints.http.catalog import CatalogController
from entrypoints.http.config import ConfigController
from entrypoints.http.dead_letters import DeadLettersController
from entrypoints.http.documentation import DocumentationController
from entrypoints.http.edge import Edge, EdgePolicy
from entrypoints.http.email_scan import EmailScanController
from entrypoints.http.export_dead_letters import ExportDeadLettersController
from entrypoints.http.exports import ExportsController
from entrypoints.http.gate import Gatekeeper
from entrypoints.http.health import HealthController
from entrypoints.http.jobs import JobsController
from entrypoints.http.leads import LeadsController
from entrypoints.http.mailed_links import MailedLinksController
from entrypoints.http.messaging import MessagingController
from entrypoints.http.metrics import MetricsController
from entrypoints.http.once import answer_replay
from entrypoints.http.order_add_ons import OrderAddOnsController
from entrypoints.http.org import OrgContextController, OrgController
from entrypoints.http.outbox import OutboxController
from entrypoints.http.photo_links import PhotoLinksController
from entrypoints.http.photo_queue import PhotoQueueController
from entrypoints.http.photos import PhotosController
from entrypoints.http.price_book import PriceBookController
from entrypoints.http.problem_catalogue import ProblemsController
from entrypoints.http.problems import answer_problem
from entrypoints.http.public_bookings import PublicBookingsController
from entrypoints.http.public_leads import PublicLeadsController
from entrypoints.http.read_only import FailedWrites
from entrypoints.http.resends import ResendsController
from entrypoints.http.retention import RetentionController
from entrypoints.http.routes import RULES
from entrypoints.http.schedule import ScheduleController
from entrypoints.http.second_factor import SecondFactorController
from entrypoints.http.security_headers import Cors
from entrypoints.http.session_use import keeping_session_use
from entrypoints.http.slots import PublicSlotsController, SlotsController
from entrypoints.http.stored_files import StoredFilesController
from entrypoints.http.suppressions import SuppressionsController
from entrypoints.http.teams import TeamsController, WorkingHoursController
from entrypoints.http.templates import TemplatesController
from entrypoints.http.time_tracking import TimeListController, TimeTrackingController
from entrypoints.http.tombstones import TombstonesController
from entrypoints.http.unsubscribe import UnsubscribeController
from entrypoints.http.users import UsersController
from entrypoints.http.worker_jobs import WorkerJobsController
from entrypoints.http.worker_photos import WorkerPhotosController
from entrypoints.http.workers import WorkersController
from entrypoints.settings import Settings

type AnyRequest = Request[Any, Any, Any]
type Lifespan = Callable[[Litestar], AbstractAsyncContextManager[None]]
CONTROLLERS: tuple[type[Controller], ...] = (
    HealthController,
    DocumentationController,
    ProblemsController,
    AuthController,
    MailedLinksController,
    UsersController,
    SecondFactorController,
    OrgController,
    OrgContextController,
    ConfigController,
    CatalogController,
    PublicLeadsController,
    LeadsController,
    JobsController,
    EmailScanController,
    MessagingController,
    TemplatesController,
    SuppressionsController,
    UnsubscribeController,
    ResendsController,
    MetricsController,
    PriceBookController,
    AddOnsController,
    PublicBookingsController,
    BookingsController,
    BookingMovesController,
    BookingOverridesController,
    BulkBookingsController,
    AssignmentQueueController,
    OrderAddOnsController,
    TimeTrackingController,
    TimeListController,
    WorkerJobsController,
    PhotosController,
    WorkerPhotosController,
    PhotoLinksController,
    PhotoQueueController,
    TeamsController,
    WorkingHoursController,
    WorkersController,
    BlackoutsController,
    BookingSettingsController,
    PublicSlotsController,
    SlotsController,
    ScheduleController,
    AuditController,
    BreakGlassController,
    OutboxController,
    DeadLettersController,
    ExportDeadLettersController,
    ExportsController,
    RetentionController,
    StoredFilesController,
    TombstonesController,
)
"""Every controller of the API; a context adds its own here."""


def create_app(
    settings: Settings, container: AsyncContainer, controllers: Sequence[type[Controller]] = CONTROLLERS
) -> Litestar:
    """The caller closes the container once nothing is served any more."""
    app = routed(controllers, gatekeeper(settings, container), [keeping_session_use(container)])
    app.asgi_handler = edge_around(app, settings, container)
    return app


class Gate(Protocol):
    """What stands before every handler, and before the answer that there is none."""

    async def __call__(self, request: AnyRequest, /) -> Response[None] | None: ...

    def missing_method(self, request: AnyRequest, error: MethodNotAllowedException, /) -> Response[bytes]: ...


def routed(
    controllers: Sequence[type[Controller]], gate: Gate, lifespan: Sequence[Lifespan] = ()
) -> Litestar:
    """Every route behind the gate, and nothing yet of how this installation is set."""
    return Litestar(
        route_handlers=controllers,
        before_request=gate,
        exception_handlers={
            Replay: answer_replay,
            MethodNotAllowedException: gate.missing_method,
            Exception: answer_problem,
        },
        lifespan=lifespan,
        request_max_body_size=MOST_BODY_BYTES,
        openapi_config=None,
        logging_config=None,
        debug=False,
    )


def gatekeeper(settings: Settings, container: AsyncContainer) -> Gatekeeper:
    edge = settings.edge
    return Gatekeeper(
        container,
        edge.admin_ip_allowlist_cidrs,
        edge.admin_read_only,
        roles_with_factor(settings),
        settings.outbox.scheduler_token,
    )


def roles_with_factor(settings: Settings) -> frozenset[Role]:
    """Whose administration wants a second factor; nobody's unless it is required."""
    auth = settings.auth
    return frozenset(map(Role, auth.admin_mfa_required_roles)) if auth.admin_mfa_required else frozenset()


def edge_around(app: Litestar, settings: Settings, container: AsyncContainer) -> Edge:
    inside = app.asgi_handler
    if settings.edge.admin_read_only:
        inside = FailedWrites(inside, container)
    return Edge(inside, container, edge_policy(settings, unmetered_paths(app), upload_paths(app)))


def unmetered_paths(app: Litestar) -> frozenset[str]:
    """They are told by path alone, before any route is looked for."""
    routes = [route for route in app.routes if isinstance(route, HTTPRoute)]
    return frozenset(
        route.path
        for route in routes
        if any(rules.unmetered for handler in route.route_handlers if (rules := handler.opt.get(RULES)))
    )


def upload_paths(app: Litestar) -> frozenset[Declared]:
    """As those: how large a body may be is asked before any route is looked for."""
    routes = [route for route in app.routes if isinstance(route, HTTPRoute)]
    return frozenset(
        (str(method), route.path)
        for route in routes
        for handler in route.route_handlers
        if (rules := handler.opt.get(RULES)) and rules.upload
        for method in handler.http_methods
    )


def edge_policy(
    settings: Settings, unmetered: frozenset[str] = frozenset(), uploads: frozenset[Declared] = frozenset()
) -> EdgePolicy:
    edge = settings.edge
    basic = ', Basic realm="sweepline"' if settings.basic.enabled else ""
    return EdgePolicy(
        cors=Cors(settings.allowed_origins),
        production=not settings.is_dev,
        proxies=(*edge.trusted_proxy_ips, *edge.trusted_proxy_cidrs) if edge.trust_proxy_headers else (),
        challenge=f"Bearer{basic}",
        unmetered=unmetered,
        sizes=body_sizes(uploads, settings.storage.photo_max_bytes),
    )
