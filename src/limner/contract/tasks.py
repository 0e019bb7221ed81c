"""The wire of tasks: what a query asks for, and the bodies that answer. Limner's own endpoints, in their users' style.

Names are in camel case and times ISO 8601 in UTC with milliseconds, as JavaScript writes them and the services do whose
callers know such tasks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

import orjson

from limner.blobs import Text
from limner.contract import refusals
from limner.contract.catalog import Delivery
from limner.contract.envelope import error_type, message
from limner.errors import Conflict, EngineTimedOut, LimnerError, NotFound
from limner.job import Json
from limner.tasks import Failure, Task, TaskStatus

TASK_ID: Final = "taskId"
RESULT_FORMAT: Final = "resultFormat"

TOO_LARGE: Final = "The pictures are too large for a webhook: GET /openai/tasks?taskId={task_id} has them."
EXPIRED: Final = "The pictures are no longer kept."


def task_id_of(query: Mapping[str, str]) -> str:
    """Which task a query string names. Raises InvalidRequest."""
    task_id = query.get(TASK_ID)
    if not task_id:
        raise refusals.missing(TASK_ID)
    return task_id


def result_format_of(query: Mapping[str, str]) -> Delivery | None:
    """How a query string wants pictures, None when it does not say. Raises InvalidRequest."""
    asked = query.get(RESULT_FORMAT)
    if asked is None:
        return None
    if asked not in set(Delivery):
        raise refusals.bad_choice(RESULT_FORMAT, asked, tuple(Delivery))
    return Delivery(asked)


def submitted_body(task_id: str) -> bytes:
    """What answers a submission."""
    return orjson.dumps({TASK_ID: task_id}, option=orjson.OPT_INDENT_2)


def task_body(task: Task, result: Sequence[Text] | None, note: str | None = None) -> list[Text]:
    """A task, in chunks to be sent in order.

    result: the body that an image request would have been answered with, or None when there is none to tell. note: why
    there is none of a task that was completed.
    """
    failure = task.told_failure
    head: dict[str, Json] = {TASK_ID: task.id, "status": task.status.value}
    tail: dict[str, Json] = {
        "errorMessage": failure.message if failure else None,
        "errorCode": failure.code if failure else None,
        "createdAt": _time(task.created_at_s),
        "finishedAt": None if task.finished_at_s is None else _time(task.finished_at_s),
        "traceId": task.job.job_id,
    }
    if note is not None:
        tail["note"] = note
    return [_indented(head)[: -len(_END)], b',\n  "result": ', *(result or (b"null",)), b",", _indented(tail)[1:]]


_END: Final = b"\n}"


def failure_of(error: LimnerError, request_id: str) -> Failure:
    """What an error that ended a task is told as: the words and the code it would have in the envelope."""
    return Failure(
        code=error.code or error_type(error),
        message=message(error, request_id),
        timed_out=isinstance(error, EngineTimedOut),
    )


def no_such_task(task_id: str) -> NotFound:
    """The refusal of an id that is no task of the account, whether or not it is another's."""
    return NotFound(f"No such task: '{refusals.echo(task_id)}'.", param=TASK_ID)


def not_to_be_cancelled(task: Task) -> Conflict:
    """The refusal to take back what has begun or ended."""
    if task.status is TaskStatus.PROCESSING:
        return Conflict(
            "The task is being processed and can no longer be cancelled: it is finished, stored and charged.",
            param=TASK_ID,
            code="task_processing",
        )
    return Conflict(f"The task has ended before: it is {task.status.value}.", param=TASK_ID, code="task_ended")


def _time(at_s: float) -> str:
    return datetime.fromtimestamp(at_s, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _indented(body: dict[str, Json]) -> bytes:
    return orjson.dumps(body, option=orjson.OPT_INDENT_2)
