"""Structured logging: an event name and fields, with the ids of the request or mission at hand."""

import logging
import sys

import structlog


def configure(level: str = "INFO") -> None:
    """Send every log line, ours and the libraries', to standard output as one line of key=value pairs."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
            structlog.processors.format_exc_info,
            structlog.processors.LogfmtRenderer(key_order=["at", "level", "event"], drop_missing=True),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        logger_factory=structlog.WriteLoggerFactory(sys.stdout),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=level, format="level=%(levelname)s logger=%(name)s event=%(message)r", stream=sys.stdout)
