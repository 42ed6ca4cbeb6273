"""Identity page, §14, 9: every route has a need; admin routes are exactly /v1/admin/* and /v1/iam/*."""

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

ADMIN = ("/v1/admin", "/v1/iam")


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
        assert handler.rules.admin_route is under_admin, path
        assert not (handler.rules.ungated and under_admin), path


def test_only_public_routes_skip_the_gates() -> None:
    for path, handler in endpoints():
        if handler.rules.ungated:
            assert handler.rules.need is Need.PUBLIC, path
            assert not path.startswith("/v1/"), path


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
