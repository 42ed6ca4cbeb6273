import asyncio

import click

from entrypoints.cli.output import Failed, json_option, say
from entrypoints.cli.runtime import owner_url, running_database, settings_here
from entrypoints.demo.company import NAME, SLUG
from entrypoints.demo.staff import Login
from entrypoints.settings import Settings


@click.command()
@json_option
def demo(*, as_json: bool) -> None:
    """Fill a demo company with months of believable data. Refused when APP_ENV=prod."""
    settings = settings_here()
    require_dev(settings)
    logins: list[Login] = []
    with running_database(settings) as ready:
        if ready.embedded_database:
            from adapters.postgres.migrate import migrate

            asyncio.run(migrate(owner_url(ready)))
        filled = fill(ready, logins)
    document = {"org_slug": SLUG, "filled": filled, "logins": [as_document(login) for login in logins]}
    say(document, "\n".join(told(logins, filled=filled)), as_json=as_json)


def require_dev(settings: Settings) -> None:
    """Raises Failed outside dev: demo logins have no place there."""
    if not settings.is_dev:
        raise Failed("The demo company is for development; APP_ENV is prod here.")


def show_demo(settings: Settings, url: str) -> None:
    """Fills the demo before a server starts, and prints the ways into it."""
    logins: list[Login] = []
    filled = fill(settings, logins)
    click.echo("\n".join([*told(logins, filled=filled), *addresses(url)]))


def addresses(url: str) -> list[str]:
    return [
        f"  what the public may book   {url}/v1/public/{SLUG}/catalog",
        f"  where its staff sign in    {url}/v1/auth/login",
        f"  documentation to try out   {url}/docs",
    ]


def fill(settings: Settings, logins: list[Login]) -> bool:
    """Whether anything was made; new logins are added to the list."""
    from entrypoints.demo.filling import fill_demo

    return asyncio.run(fill_demo(settings, show=logins.extend))


def told(logins: list[Login], *, filled: bool) -> list[str]:
    """For people: the logins, this once."""
    if not logins:
        state = "is filled" if filled else "is there already"
        return [f"The demo company {NAME} ({SLUG}) {state}; its logins were printed when they were made."]
    width = max(len(login.email) for login in logins)
    return [
        f"The demo company {NAME} (slug {SLUG}) is ready. Its logins, shown this once:",
        *(f"  {login.role.value:<10}  {login.email:<{width}}  {login.password}" for login in logins),
    ]


def as_document(login: Login) -> dict[str, str]:
    return {"role": login.role.value, "email": login.email, "password": login.password}
