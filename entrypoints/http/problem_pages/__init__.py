"""Every problem code and its page, by code."""

from entrypoints.http.problem_pages import common, delivery, field, identity
from entrypoints.http.problem_pages.page import ProblemPage

PAGES: dict[str, ProblemPage] = {**common.PAGES, **identity.PAGES, **field.PAGES, **delivery.PAGES}

__all__ = ["PAGES", "ProblemPage"]
