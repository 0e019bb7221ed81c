"""Requests made up from an OpenAPI document and sent to the server that serves it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.core.result import Ok
from tests.server.described import problems
from tests.server.wire import Answer, Caller


def defects(
    caller: Caller,
    document: Mapping[str, Any],
    mode: GenerationMode,
    *,
    base_of: Callable[[str], str],
    examples: int,
) -> Counter[str]:
    """How often an answer was not described, or an error of the server, by what was wrong with it.

    mode: whether the requests fit the document. base_of: what stands before a path of it, from the server's root.
    examples: requests for each operation, the same in every run.
    """
    found: Counter[str] = Counter()
    for result in schemathesis.openapi.from_dict(dict(document)).get_all_operations():
        assert isinstance(result, Ok), result
        operation = result.ok()

        @settings(
            max_examples=examples,
            derandomize=True,
            database=None,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(generation_mode=mode))
        def ask(case: Any) -> None:
            response = case.call(
                base_url=caller.server.url + base_of(case.path),
                headers={"Authorization": f"Bearer {caller.key}"},
                timeout=30,
            )
            answer = Answer(
                status=response.status_code,
                headers={name.lower(): values[0] for name, values in response.headers.items()},
                body=response.content,
            )
            found.update(problems(document, case.method, case.path, answer))
            if answer.status == 500:
                found[f"{case.method} {case.path} 500: {answer.body[:300]!r}"] += 1

        ask()
    return found
