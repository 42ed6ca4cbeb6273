"""What guards callers who come by browser: their cookies, and the proof that our own page sent a request."""

from dishka import Provider, Scope, provide

from adapters.cryptography.keys import derive_key
from entrypoints.http.cookies import Cookies
from entrypoints.http.csrf import Csrf
from entrypoints.keys import auth_secrets
from entrypoints.origins import origin_of
from entrypoints.settings import Settings

CSRF = "cross-site request forgery"


class BrowsersProvider(Provider):
    scope = Scope.APP

    @provide
    def cookies(self, settings: Settings) -> Cookies:
        base = settings.general.public_base_url or ""
        return Cookies(secure=not settings.is_dev or base.startswith("https://"))

    @provide
    def csrf(self, settings: Settings) -> Csrf:
        ours = [settings.general.public_base_url or "", *settings.allowed_origins]
        return Csrf(
            [derive_key(secret, CSRF) for secret in auth_secrets(settings)],
            frozenset(origin for url in ours if (origin := origin_of(url)) is not None),
            ("https", "http") if settings.is_dev else ("https",),
        )
