"""Makes the demo company, once: a second time it finds the story told and changes nothing."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from domain.identity.actor import Actor, ActorKind
from domain.shared.ids import UserId
from entrypoints.demo import story
from entrypoints.demo.clock import StoryClock, StoryClockProvider
from entrypoints.demo.diary import ZONE, close_days, keep_books, known_leads, welcome_newcomers
from entrypoints.demo.staff import Login, form_crews, found_company, hire_staff
from entrypoints.demo.stage import Stage
from entrypoints.settings import Settings
from entrypoints.wiring import make_container

BEFORE_THE_STORY = timedelta(weeks=story.WEEKS_BACK + 2)


async def fill_demo(settings: Settings, *, show: Callable[[list[Login]], None]) -> bool:
    """False if it was there already. `show` is given the logins as soon as they exist, and only then.

    Interrupted, it goes on where the next call finds the story: logins and staff are not made twice."""
    clock = StoryClock(datetime.now(UTC).replace(microsecond=0) - BEFORE_THE_STORY)
    nobody_asks = replace(settings, edge=replace(settings.edge, captcha_mode="off"))
    container = make_container(nobody_asks, StoryClockProvider(clock))
    try:
        org, owner = await found_company(container)
        clock.move_to(org.created_at)
        stage = Stage(container, clock, Actor(org_id=org.id, kind=ActorKind.OPERATOR, name="demo"))
        staff, worker_user = await hire_staff(stage)
        if owner or staff:
            show([*owner, *staff])
        return await _tell(stage, worker_user, org.created_at + BEFORE_THE_STORY)
    finally:
        await container.close()


async def _tell(stage: Stage, worker_user: UserId, now: datetime) -> bool:
    *_, last = story.newcomers()
    if last.email in await known_leads(stage):
        return False
    crews = await form_crews(stage, worker_user)
    await close_days(stage, crews, now.astimezone(ZONE).date())
    await keep_books(stage, crews, now)
    await welcome_newcomers(stage, now)
    return True
