"""Identity page, §14, 9: every route has a need; admin routes are /v1/admin/*, /v1/iam/* and, as the field
page adds, /v1/orders/*."""

from typing import cast

import msgspec
from litestar import Litestar
from litestar.routes import HTTPRoute

from domain.identity.actor import Need
from entrypoints.http.app import create_app
from entrypoints.http.openapi.document import operations_of
from entrypoints.http.routes import Endpoint
from entrypoints.settings.load import read_settings
from entrypoints.wiring import make_container

ADMIN = ("/v1/admin", "/v1/iam", "/v1/orders")
BY_TOKEN_ALONE = {"/v1/orders/{order_id:uuid}/photos/{photo_id:uuid}/signed-download"}


EXEMPT = {
    "/healthz",
    "/readyz",
    "/v1/metrics",
    "/metrics",
    "/v1/payments/stripe/webhook",
    "/stripe/webhook",
    "/v1/webhooks/sendgrid",
    "/unsubscribe",
}
ACTIONS = {
    "/v1/iam/users": "create_user",
    "/v1/iam/users/{user_id:uuid}/resend-invitation": "resend_invitation",
    "/v1/iam/users/{user_id:uuid}/reset-temp-password": "reset_temp_password",
    "/v1/admin/break-glass/start": "break_glass_start",
    "/v1/admin/data/export": "data_export",
    "/v1/admin/outbox/{event_id:uuid}/replay": "outbox_replay",
    "/v1/admin/export-dead-letter/{event_id:uuid}/replay": "export_replay",
    "/v1/admin/messaging/events/{event_id:uuid}/resend": "resend_email",
    "/v1/admin/bookings/{booking_id:uuid}/resend-last-email": "resend_email",
}
"""Identity page, §9: by the address of their POST."""


def the_app() -> Litestar:
    settings, _ = read_settings({})
    return create_app(settings, make_container(settings))


def endpoints() -> list[tuple[str, Endpoint]]:
    return [
        (route.path, cast("Endpoint", handler))
        for route in the_app().routes
        if isinstance(route, HTTPRoute)
        for handler in route.route_handlers
        if set(handler.http_methods) != {"OPTIONS"}
    ]


def test_every_route_is_declared_by_our_decorators() -> None:
    found = endpoints()
    assert found
    for path, handler in found:
        assert isinstance(handler, Endpoint), path
        assert isinstance(handler.rules.need, Need), path
        assert handler.rules.summary, path


def test_admin_routes_are_marked_and_no_others() -> None:
    for path, handler in endpoints():
        under_admin = any(path == prefix or path.startswith(f"{prefix}/") for prefix in ADMIN)
        under_admin = under_admin and path not in BY_TOKEN_ALONE
        assert handler.rules.admin_route is under_admin, path
        assert not (handler.rules.ungated and under_admin), path


def test_only_public_routes_skip_the_gates() -> None:
    for path, handler in endpoints():
        if handler.rules.ungated:
            assert handler.rules.need is Need.PUBLIC, path
            assert not path.startswith("/v1/") or path == "/v1/metrics", path  # that one has its own token


def test_no_body_but_a_login_s_carries_an_org_id() -> None:
    named = {
        (operation.method, operation.path)
        for operation in operations_of(the_app())
        if operation.body is not None and "org_id" in fields_of(operation.body)
    }
    assert named == {("POST", "/v1/auth/login")}


def fields_of(body: object) -> set[str]:
    """Of the body and of all that is in it."""
    _, components = msgspec.json.schema_components([body])
    return {name for kind in components.values() for name in kind.get("properties", {})}


def test_probes_and_webhooks_alone_are_outside_the_general_limits() -> None:
    for path, handler in endpoints():
        assert handler.rules.unmetered is (path in EXEMPT), path


def test_the_actions_that_have_a_limit_of_their_own_are_marked() -> None:
    for path, handler in endpoints():
        wanted = ACTIONS.get(path) if "POST" in handler.http_methods else None
        assert handler.rules.action == wanted, path


def test_larger_bodies_are_taken_by_the_routes_for_photos_alone() -> None:
    larger = {path for path, endpoint in endpoints() if endpoint.rules.upload}
    assert {path for path in larger if not path.endswith("/photos")} == set()
