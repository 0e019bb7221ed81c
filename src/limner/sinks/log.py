"""The log: how a line looks, and the one line per job. Lines go to standard error, and hold no prompt and no key."""

from __future__ import annotations

import logging
import sys

import structlog

from limner.money import usd_text
from limner.record import FailedAttempt, JobRecord, Outcome

_log = structlog.get_logger("limner.jobs")

_QUIET = frozenset({Outcome.DELIVERED, Outcome.STORED, Outcome.CANCELLED, Outcome.REFUSED})


def configure_logging(*, level: str, as_json: bool) -> None:
    """Write lines of at least `level` (`debug`, `info`, `warning`, `error`), as JSON or as text.

    Text is laid out in colours on a terminal, and `name=value` pairs (logfmt) in a file or a pipe. Lines of libraries
    look the same; of theirs only trouble is written.
    """
    least = logging.getLevelNamesMapping()[level.upper()]
    for_people = not as_json and sys.stderr.isatty()
    begun: list[structlog.typing.Processor] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso"),
    ]
    finished: list[structlog.typing.Processor] = [
        *([] if for_people else [structlog.processors.format_exc_info]),
        _renderer(as_json=as_json, for_people=for_people),
    ]
    structlog.configure(
        processors=[*begun, *finished],
        # A line per job: looking up what was just set would cost half of writing it.
        cache_logger_on_first_use=True,
        wrapper_class=structlog.make_filtering_bound_logger(least),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
    )
    handler = logging.StreamHandler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*begun, structlog.stdlib.add_logger_name],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *finished],
        )
    )
    logging.basicConfig(level=max(least, logging.WARNING), handlers=[handler])
    logging.captureWarnings(capture=True)


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
        **({"failures": [_told(failure) for failure in record.failures]} if record.failures else {}),
    )


def _told(failure: FailedAttempt) -> dict[str, str | int]:
    known = failure.upstream.known if failure.upstream else {}
    return {"engine": failure.engine, "error": failure.error_code, **known}
