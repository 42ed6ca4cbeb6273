from application.ports.human_check import CaptchaTerms


class NoHumanCheck:
    """Everybody passes; a token is accepted and ignored."""

    @property
    def terms(self) -> CaptchaTerms:
        return CaptchaTerms("off")

    async def check(self, token: str | None, client_address: str | None) -> None:
        """Nothing to ask."""
