from dishka import Provider, Scope, provide, provide_all

from application.scheduling.add_worker import AddWorkerHandler
from application.scheduling.blackouts import AddBlackoutHandler, DeleteBlackoutHandler, ListBlackoutsHandler
from application.scheduling.booking_settings import ChangeBookingSettingsHandler, ReadBookingSettingsHandler
from application.scheduling.change_worker import ChangeWorkerHandler
from application.scheduling.check_conflicts import CheckConflictsHandler
from application.scheduling.find_slots import FindSlotsHandler
from application.scheduling.read_teams import ListTeamsHandler, ReadTeamHandler
from application.scheduling.read_workers import ListWorkersHandler, ReadWorkerHandler
from application.scheduling.show_schedule import ShowScheduleHandler
from application.scheduling.suggest import SuggestHandler
from application.scheduling.working_hours import ReadWorkingHoursHandler, SetWorkingHoursHandler
from application.scheduling.write_teams import AddTeamHandler, ChangeTeamHandler, DeleteTeamHandler
from application.scheduling.zones import OrgZones


class SchedulingProvider(Provider):
    """Teams, workers, hours, and all that is asked of the calendar."""

    scope = Scope.APP
    handlers = provide_all(
        AddBlackoutHandler,
        AddTeamHandler,
        AddWorkerHandler,
        ChangeBookingSettingsHandler,
        ChangeTeamHandler,
        ChangeWorkerHandler,
        CheckConflictsHandler,
        DeleteBlackoutHandler,
        DeleteTeamHandler,
        FindSlotsHandler,
        ListBlackoutsHandler,
        ListTeamsHandler,
        ListWorkersHandler,
        ReadBookingSettingsHandler,
        ReadTeamHandler,
        ReadWorkerHandler,
        ReadWorkingHoursHandler,
        SetWorkingHoursHandler,
        ShowScheduleHandler,
        SuggestHandler,
    )

    @provide
    def zones(self) -> OrgZones:
        return OrgZones()
