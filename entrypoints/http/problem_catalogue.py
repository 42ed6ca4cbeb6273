from typing import Annotated

import msgspec
from litestar import Controller
from litestar.params import FromPath

from domain.identity.actor import Need
from domain.shared.errors import NotFound
from entrypoints.http.problem_pages import PAGES
from entrypoints.http.routes import get


class ProblemBody(msgspec.Struct):
    type: str
    status: int
    title: str
    what_happened: str
    what_to_do: str
    href: str

    @classmethod
    def of(cls, code: str) -> "ProblemBody":
        page = PAGES[code]
        return cls(code, page.status, page.title, page.what, page.remedy, f"/problems/{code}")


class ProblemList(msgspec.Struct):
    items: list[ProblemBody]


class ProblemsController(Controller):
    path = "/problems"
    tags = ["documentation"]

    @get(need=Need.PUBLIC, ungated=True, summary="Every problem code")
    async def catalogue(self) -> ProblemList:
        return ProblemList([ProblemBody.of(code) for code in sorted(PAGES)])

    @get("/{code:str}", need=Need.PUBLIC, ungated=True, summary="What one problem code means")
    async def one(
        self, code: FromPath[Annotated[str, msgspec.Meta(pattern="^[a-z_]{1,64}$")]]
    ) -> ProblemBody:
        if code not in PAGES:
            raise NotFound(detail="No problem has this code.")
        return ProblemBody.of(code)
