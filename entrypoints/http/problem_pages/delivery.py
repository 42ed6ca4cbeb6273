"""Codes of delivery and operations (delivery page, §10)."""

from entrypoints.http.problem_pages.page import ProblemPage

PAGES: dict[str, ProblemPage] = {
    "not_ready": ProblemPage(
        503,
        "Not ready",
        "This instance should get no traffic now; the members say which part is at fault.",
        "Wait for it, or read the message of the part that is not ok.",
    ),
}
