"""Optimistic writing: the versions that a caller has seen against the one that there is."""

from domain.shared.errors import PreconditionFailed


def must_be_among(version: int, expected: frozenset[int] | None) -> None:
    """Raises PreconditionFailed (412) unless the version is one the caller named; None names any."""
    if expected is not None and version not in expected:
        raise PreconditionFailed
