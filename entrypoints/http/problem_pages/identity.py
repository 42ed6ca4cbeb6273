"""Codes of signing in, of the gates and of administration (identity page, §13)."""

from entrypoints.http.problem_pages.page import ProblemPage

PAGES: dict[str, ProblemPage] = {
    "ip_not_allowed": ProblemPage(
        403,
        "Address not allowed",
        "Administration is restricted to certain network addresses, and yours is not among them.",
        "Connect from an allowed network, or ask the operator to extend the list.",
    ),
    "admin_read_only": ProblemPage(
        409,
        "Administration is read-only",
        "The operator has put administration in read-only state, usually while an incident is examined.",
        "Read freely; write again when the state is lifted, or under a break-glass token.",
    ),
}
