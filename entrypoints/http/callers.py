from dataclasses import dataclass

from application.ports.tokens import AccessTokens


@dataclass(frozen=True, slots=True)
class SignedCallers:
    """Callers by the signature of their token: no session is read for a request that may be one too many."""

    tokens: AccessTokens

    def named_by(self, authorization: str) -> str | None:
        scheme, _, credential = authorization.partition(" ")
        if scheme.lower() != "bearer":
            return None
        said = self.tokens.read(credential.strip())
        return None if said is None else f"{said.org_id}:{said.user_id}"
