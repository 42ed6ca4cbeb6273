from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ProblemPage:
    """What `/problems/{code}` tells about one code: what happened, and what the reader can do."""

    status: int
    title: str
    what: str
    remedy: str
