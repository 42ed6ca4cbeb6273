"""Optimistic writing: the version that a caller has seen against the one that there is."""

from domain.shared.errors import PreconditionFailed

type Expected = int | frozenset[int] | None
"""A version, or any of several; None expects nothing."""


def must_match(version: int, expected: Expected) -> None:
    """Raises PreconditionFailed (412) unless the version is what is expected."""
    if expected is None:
        return
    if version not in (expected if isinstance(expected, frozenset) else {expected}):
        raise PreconditionFailed
