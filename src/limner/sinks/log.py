"""The log: how a line looks, and the one line per job. Lines go to standard error, and hold no prompt and no key."""

from __future__ import annotations

import logging
import sys

import structlog

from limner.money import usd_text
from limner.record import JobRecord, Outcome

_log = structlog.get_logger("limner.jobs")

_QUIET = frozenset({Outcome.DELIVERED, Outcome.STORED, Outcome.CANCELLED, Outcome.REFUSED})


def configure_logging(*, level: str, as_json: bool) -> None:
    """Write lines of at least `level` (`debug`, `info`, `warning`, `error`), as JSON or as text.

    Text is laid out in colours on a terminal, and `name=value` pairs (logfmt) in a file or a pipe.
    """
    least = logging.getLevelNamesMapping()[level.upper()]
    for_people = not as_json and sys.stderr.isatty()
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            *([] if for_people else [structlog.processors.format_exc_info]),
            _renderer(as_json=as_json, for_people=for_people),
        ],
        # A line per job: looking up what was just set would cost half of writing it.
        cache_logger_on_first_use=True,
        wrapper_class=structlog.make_filtering_bound_logger(least),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
    )
    # Libraries log through the standard library; of theirs only trouble matters.
    logging.basicConfig(level=max(least, logging.WARNING), format="%(levelname)s %(name)s %(message)s")


def _renderer(*, as_json: bool, for_people: bool) -> structlog.typing.Processor:
    if as_json:
        return structlog.processors.JSONRenderer()
    if for_people:
        # The plain formatter: the default one prints local variables, and with them prompts and keys.
        return structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    return structlog.processors.LogfmtRenderer(key_order=("timestamp", "level", "event"))


def log_job(record: JobRecord) -> None:
    """Write `record` without its prompt: info when it went as it should, warning when it did not."""
    write = _log.info if record.outcome in _QUIET else _log.warning
    queued_until_s = record.started_at_s or record.finished_at_s
    write(
        f"job.{record.outcome}",
        job_id=record.job_id,
        key_id=record.key_id,
        model=record.model,
        engine=record.engine,
        kind=str(record.kind),
        n=record.n,
        size=str(record.size) if record.size else None,
        queued_ms=round((queued_until_s - record.admitted_at_s) * 1000),
        running_ms=round((record.finished_at_s - queued_until_s) * 1000),
        output_bytes=record.output_bytes,
        charge_usd=usd_text(record.charge_nusd),
        error=record.error_code,
    )
