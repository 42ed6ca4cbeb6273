"""Codes of field operations: leads, prices, teams, bookings, schedule (field page, §11)."""

from entrypoints.http.problem_pages.page import ProblemPage

PAGES: dict[str, ProblemPage] = {}
