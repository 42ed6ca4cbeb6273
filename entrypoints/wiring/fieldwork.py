from fractions import Fraction

from dishka import Provider, Scope, provide, provide_all

from application.fieldwork.correct_time import CorrectTimeHandler
from application.fieldwork.read_jobs import ListMyJobsHandler, ShowMyJobHandler
from application.fieldwork.read_time import ListTimeHandler, ShowTimeHandler
from application.fieldwork.time_sheet import TimeKeeping
from application.fieldwork.track_my_time import TrackMyTimeHandler
from application.fieldwork.track_time import TrackTimeHandler
from application.ports.clock import Clock
from application.ports.identifiers import Identifiers
from domain.booking.work import OverrunRule
from entrypoints.settings import Settings


class FieldworkProvider(Provider):
    """Clocks, and what workers see of their jobs."""

    scope = Scope.APP
    handlers = provide_all(
        CorrectTimeHandler,
        ListMyJobsHandler,
        ListTimeHandler,
        ShowMyJobHandler,
        ShowTimeHandler,
        TrackMyTimeHandler,
        TrackTimeHandler,
    )

    @provide
    def keeping(self, clock: Clock, ids: Identifiers, settings: Settings) -> TimeKeeping:
        return TimeKeeping(clock, ids, OverrunRule(Fraction(settings.field.time_overrun_reason_threshold)))
