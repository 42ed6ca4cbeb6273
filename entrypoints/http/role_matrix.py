"""Who may call which route: the permission table laid over the routes, written to the documentation.

`python -m entrypoints.http.role_matrix FILE` writes it (`just matrix`); a test walks the running application
and compares every cell.
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from litestar import Litestar
from litestar.routes import HTTPRoute

from domain.identity.actor import MAY, Need, Role
from entrypoints.http.basic import takes_basic
from entrypoints.http.edge import plain_template
from entrypoints.http.routes import SCHEDULED, Endpoint, RouteRules

PASSES, UNKNOWN, FORBIDDEN = 0, 401, 403
CELLS = {PASSES: "●", UNKNOWN: "401", FORBIDDEN: "403"}
HEAD = """\
# Who may call which route

Written by `just matrix` from the routes of the application and the one permission table
(`domain/identity/actor.py`); a test asks every route as every caller and compares.

● passes the gates; 401 and 403 are what stops the caller there. A *Basic* caller has a role like
everybody else: ● there means that Basic is taken at all, and then the column of its role decides.
*scheduler* is who shows `SCHEDULER_TOKEN`: five routes do for every company in turn what they do for one.
*gates* tells what else stands before the handler: `admin` routes have the address allowlist and read-only
mode, and with `ADMIN_MFA_REQUIRED` they and every other route that needs admin or owner ask for the second
factor; `fresh` asks a session that has not proved itself lately to do so again; `open` routes have no gate at
all, so that no credential is read. What a use case refuses beyond that its route's own documentation says.
"""


@dataclass(frozen=True, slots=True)
class Line:
    method: str
    path: str  # as the router has it, converters and all
    rules: RouteRules

    def answer_to(self, role: Role | None) -> int:
        """PASSES, or the status that stops a bearer of this role; None is nobody in particular."""
        if self.rules.need is Need.PUBLIC:
            return PASSES
        if role is None:
            return UNKNOWN
        return PASSES if self.rules.need in MAY[role] else FORBIDDEN

    def answer_to_basic(self, role: Role) -> int:
        if self.rules.ungated:
            return PASSES
        return self.answer_to(role) if takes_basic(self.path) else UNKNOWN

    def answer_to_scheduler(self) -> int:
        """With `SCHEDULER_TOKEN`, which is no session: also a public route knows no such bearer."""
        return PASSES if self.rules.ungated or SCHEDULED in self.rules.traits else UNKNOWN

    @property
    def takes_basic(self) -> bool:
        return self.rules.ungated or takes_basic(self.path)


def lines_of(app: Litestar) -> Iterator[Line]:
    for route in sorted(app.routes, key=lambda route: route.path):
        if not isinstance(route, HTTPRoute):
            continue
        endpoints = [handler for handler in route.route_handlers if isinstance(handler, Endpoint)]
        methods = {str(method): endpoint for endpoint in endpoints for method in endpoint.http_methods}
        for method in sorted(set(methods) - {"HEAD"}):
            yield Line(method, route.path, methods[method].rules)


def document(app: Litestar) -> str:
    columns = ["route", "need", *Role, "anonymous", "Basic", "scheduler", "gates"]
    rows = [_row(line) for line in lines_of(app)]
    table = [columns, ["---"] * len(columns), *rows]
    return "\n".join([HEAD, *(f"| {' | '.join(row)} |" for row in table), ""])


def _row(line: Line) -> list[str]:
    return [
        f"{line.method} `{plain_template(line.path)}`",
        str(line.rules.need),
        *(CELLS[line.answer_to(role)] for role in Role),
        CELLS[line.answer_to(None)],
        CELLS[PASSES if line.takes_basic else UNKNOWN],
        CELLS[line.answer_to_scheduler()],
        ", ".join(_gates(line.rules)),
    ]


def _gates(rules: RouteRules) -> Iterator[str]:
    if rules.ungated:
        yield "open"
    if rules.admin_route:
        yield "admin"
    yield from sorted(rules.traits - {SCHEDULED})


def main(path: Path) -> None:
    from entrypoints.http.app import create_app  # noqa: PLC0415  # it mounts the controllers, which are many
    from entrypoints.settings.load import read_settings  # noqa: PLC0415
    from entrypoints.wiring import make_container  # noqa: PLC0415

    settings, _ = read_settings({"APP_ENV": "dev"})
    path.write_text(document(create_app(settings, make_container(settings))), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
