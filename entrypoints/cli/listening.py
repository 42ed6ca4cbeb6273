"""The address to serve on, taken before anything slow begins."""

import errno
import socket

from entrypoints.cli.output import Failed

BACKLOG = 2048


def listen(host: str, port: int) -> socket.socket:
    """A listening socket: whoever connects early waits. Raises Failed if the address is taken or not ours."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except socket.gaierror as error:
        raise Failed(f"There is no address called {host}.") from error
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise Failed(_reason(error, host, port)) from error
    listener.setblocking(False)
    return listener


def url_of(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _reason(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} on {host} is in use. Choose another with --port."
    if error.errno == errno.EACCES:
        return f"Port {port} needs more rights than this account has. Choose one above 1023 with --port."
    return f"Cannot listen on {host}, port {port}: {error.strerror}."
