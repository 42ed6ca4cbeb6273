"""What a failed connection says of itself, whichever library made it."""

import ssl
from socket import gaierror


def line_code(error: BaseException) -> str:
    """The public code of a fault before any answer (delivery page, §1). The peer's text is never read."""
    causes = _causes(error)
    if any(isinstance(cause, ssl.SSLError) for cause in causes):
        return "tls_failed"
    if any(isinstance(cause, gaierror) for cause in causes):
        return "dns_lookup_failed"
    if any(isinstance(cause, TimeoutError) for cause in causes):
        return "timeout"
    return "connection_failed"


def _causes(error: BaseException) -> list[BaseException]:
    chain: list[BaseException] = []
    cause: BaseException | None = error
    while cause is not None and cause not in chain:
        chain.append(cause)
        cause = cause.__cause__ or cause.__context__
    return chain
