"""The decorators that every route is declared with: what it needs of its caller is written beside its path.

They bind arguments by our own rules (all faults at once, unknown names refused), inject what Dishka provides,
and keep what the OpenAPI document says about the route.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import wraps
from inspect import Parameter, signature
from typing import Any, cast

from dishka.integrations.base import wrap_injection
from litestar import Request
from litestar.handlers import HTTPRouteHandler
from litestar.types import Empty, Method

from domain.identity.actor import Need
from entrypoints.http.rates import spend_action
from entrypoints.http.validation import RequestPlan, plan_for

RULES = "rules"  # the key in a handler's opt
KEY_REQUIRED = "idempotency_key_required"  # among the problems of a route that insists on a key
FRESH = "fresh"  # a route's trait: a session must have proved itself lately
READ_ONLY_EXEMPT = "read_only_exempt"  # a route's trait: the way out of read-only mode
SCHEDULED = "scheduled"  # a route's trait: the scheduler's token opens it too, for every organisation in turn
REQUEST = Parameter("request", Parameter.KEYWORD_ONLY, annotation=Request[Any, Any, Any])


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteRules:
    """What the gates and the documentation must know of a route.

    `admin_route`: allowlist, read-only and MFA apply; exactly /v1/admin/*, /v1/iam/* and /v1/orders/*.
    `ungated`: no gate but the rate limit, no caller is looked up (probes, documentation).
    `unmetered`: outside the general rate limits, with a cap of its own (probes, webhooks).
    `upload`: its body may be as large as a photo and what multipart adds; the edge cuts it.
    `action`: what the organisation may do only so often a minute, as `create_user`.
    """

    need: Need
    admin_route: bool = False
    ungated: bool = False
    unmetered: bool = False
    upload: bool = False
    form: Any = None  # its fields, beside the file of an upload; `| None`: it may be absent
    action: str | None = None
    summary: str = ""
    success: str = ""
    problems: tuple[str, ...] = ()
    answers: tuple[int, ...] = ()  # other successes than the declared status, as 304
    example: Any = None  # a body that would be accepted
    media_types: tuple[str, ...] = ("application/json",)  # that the answer may have
    traits: frozenset[str] = field(default_factory=frozenset)  # marks that a gate looks for, as "fresh"


class _Binder:
    """Stands where Litestar keeps its own models of a handler's arguments."""

    has_kwargs = True
    dependency_batches = ()

    def __init__(self, plan: RequestPlan) -> None:
        self.plan = plan
        self.to_kwargs = plan.to_kwargs

    @staticmethod
    def parse_values_from_connection_kwargs(connection: object, kwargs: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG004  # Litestar names it
        return kwargs


class Endpoint(HTTPRouteHandler):
    """A route whose arguments our plan binds instead of Litestar's signature model."""

    __slots__ = ("_plan",)

    @property
    def rules(self) -> RouteRules:
        return cast("RouteRules", self.opt[RULES])

    @property
    def plan(self) -> RequestPlan:
        if not hasattr(self, "_plan"):
            names = {
                part[1:-1].split(":")[0]
                for layer in [*self.ownership_layers[:-1], self]
                for path in (getattr(layer, "paths", None) or [getattr(layer, "path", "")])
                for part in path.split("/")
                if part.startswith("{")
            }
            self._plan = plan_for(self.fn, frozenset(names), raw_body=bool(self.opt.get("raw_body")))
        return self._plan

    def create_kwargs_model(self, path_parameters: Any) -> Any:  # noqa: ARG002  # the plan knows them
        return _Binder(self.plan)

    @property
    def signature_model(self) -> Any:
        return _Binder


def _container(_args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    return kwargs["request"].scope["state"]["dishka_container"]


def injected(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function with its `FromDishka` parameters filled from the request's container."""
    wanted = () if "request" in signature(function).parameters else (REQUEST,)
    return wrap_injection(func=function, is_async=True, additional_params=wanted, container_getter=_container)


def metered(action: str, function: Callable[..., Any], *, needs_key: bool) -> Callable[..., Any]:
    """The function, begun once its input is known to be sound and the action's limit lets it."""

    shape = signature(function)
    asks = "request" in shape.parameters

    @wraps(function)
    async def spend_first(*args: Any, request: Request[Any, Any, Any], **kwargs: Any) -> Any:
        await spend_action(request, action, needs_key=needs_key)
        return await function(*args, **kwargs, **({"request": request} if asks else {}))

    if not asks:
        shape = shape.replace(parameters=[*shape.parameters.values(), REQUEST])
        spend_first.__annotations__ = {**function.__annotations__, REQUEST.name: REQUEST.annotation}
    spend_first.__signature__ = shape  # type: ignore[attr-defined]  # what `signature` reads
    return spend_first


def route(
    methods: Sequence[Method],
    path: str | Sequence[str],
    *,
    need: Need,
    admin_route: bool = False,
    ungated: bool = False,
    unmetered: bool = False,
    upload: bool = False,
    form: Any = None,
    action: str | None = None,
    summary: str,
    success: str = "",
    problems: Sequence[str] = (),
    answers: Sequence[int] = (),
    example: Any = None,
    media_type: str | tuple[str, ...] = "application/json",
    traits: Sequence[str] = (),
    status_code: int | None = None,
    raw_body: bool = False,
    **options: Any,
) -> Callable[[Callable[..., Any]], Endpoint]:
    """A route. `problems`: its own codes, beside those that follow from need and input. `media_type`: of its
    success, several where it depends on what is answered.
    `raw_body`: the handler reads the body off the request itself."""
    rules = RouteRules(
        need=need,
        admin_route=admin_route,
        ungated=ungated,
        unmetered=unmetered,
        upload=upload,
        form=form,
        action=action,
        summary=summary,
        success=success,
        problems=tuple(problems),
        answers=tuple(answers),
        example=example,
        media_types=(media_type,) if isinstance(media_type, str) else media_type,
        traits=frozenset(traits),
    )

    def decorate(function: Callable[..., Any]) -> Endpoint:
        endpoint = Endpoint(
            path,
            http_method=list(methods),
            status_code=status_code,
            opt={RULES: rules, "raw_body": raw_body},
            request_max_body_size=None if upload else Empty,
            **options,
        )
        handler = injected(function)
        if action is not None:
            handler = metered(action, handler, needs_key=KEY_REQUIRED in problems)
        return cast("Endpoint", endpoint(handler))

    return decorate


def get(path: str | Sequence[str] = "", **rules: Any) -> Callable[[Callable[..., Any]], Endpoint]:
    return route(["GET"], path, **rules)


def post(path: str = "", **rules: Any) -> Callable[[Callable[..., Any]], Endpoint]:
    return route(["POST"], path, **rules)


def put(path: str = "", **rules: Any) -> Callable[[Callable[..., Any]], Endpoint]:
    return route(["PUT"], path, **rules)


def patch(path: str = "", **rules: Any) -> Callable[[Callable[..., Any]], Endpoint]:
    return route(["PATCH"], path, **rules)


def delete(path: str = "", **rules: Any) -> Callable[[Callable[..., Any]], Endpoint]:
    return route(["DELETE"], path, **rules)
