"""Optimistic writing: the version that a caller has seen against the one that there is."""

from domain.shared.errors import PreconditionFailed


def must_match(version: int, expected: int | None) -> None:
    """Raises PreconditionFailed (412) unless the version is the expected one; None expects nothing."""
    if expected is not None and version != expected:
        raise PreconditionFailed
