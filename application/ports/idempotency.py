from datetime import timedelta

from domain.identity.once import StoredAnswer

KEPT_FOR = timedelta(hours=24)


class Replay(Exception):
    """Not a refusal: the work was done before, and this was its answer."""

    def __init__(self, answer: StoredAnswer) -> None:
        super().__init__(answer.status)
        self.answer = answer


class NotSealed(RuntimeError):
    """A use case claimed a key and ended without an answer to store: a defect of that use case."""
