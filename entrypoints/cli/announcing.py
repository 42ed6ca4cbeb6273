"""What a server says of itself: in dev to whoever started it, in production by lines of the log."""

import logging

import click

from entrypoints.logs import configure_logging
from entrypoints.settings import Settings

logger = logging.getLogger("sweepline.serve")


def announce(settings: Settings, sentence: str, *, warning: bool = False) -> None:
    """A log in production is read by programs, and a line that is none of theirs stops some of them."""
    if settings.is_dev:
        click.echo(f"Warning: {sentence}" if warning else sentence, err=warning)
        return
    configure_logging(settings.general)
    logger.log(logging.WARNING if warning else logging.INFO, sentence)
