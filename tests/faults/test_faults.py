"""Every fault of the catalogue, alone and with another engine behind it: envelope, route, ledger and health."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable

import pytest
from tests.faults.drill import FAILING, OTHER, Drill, Seen
from tests.faults.faults import FAULTS, Fault
from tests.faults.table import PAGE, on_page, row, table

from limner.health import State
from limner.record import Outcome

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault.group}: {fault.says}")
async def test_a_fault_ends_as_it_should(
    fault: Fault, drill: Drill, record_property: Callable[[str, object], None]
) -> None:
    """Its envelope, who drew, what the account pays and what is known of the engine are those of the catalogue."""
    finding = await drill.finding(fault)
    record_property("row", row(finding))
    ends = fault.ends
    for seen in (finding.alone, finding.behind):
        assert seen.runs == ends.runs
        assert (seen.failures, round(seen.wait_s)) == (ends.failures, ends.out_s)
        assert (seen.state is State.OPEN) == (ends.out_s > 0)
    assert_told(finding.alone, fault)
    assert set(finding.alone.drew) <= {FAILING}
    if ends.next:
        assert finding.behind.drew == (FAILING,) * ends.runs + (OTHER,)
        assert_delivered(finding.behind, fault)
    else:
        assert finding.behind.drew == finding.alone.drew
        assert_told(finding.behind, fault)


@pytest.mark.parametrize("fault", [fault for fault in FAULTS if fault.bytes_max], ids=lambda fault: fault.says)
async def test_what_is_too_large_is_not_held(fault: Fault, drill: Drill) -> None:
    """The memory in use never rises by more than the operator's limit for an answer, twice for what is under way."""
    await drill.seen(fault, other=False)  # What is loaded or cached by the first time is not of interest.
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        await drill.seen(fault, other=False)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak - before < 2 * fault.bytes_max


async def test_the_page_says_what_was_seen(drill: Drill) -> None:
    """docs/reliability.md has the table that these findings make; `make docs` writes it."""
    rows = [row(await drill.finding(fault)) for fault in FAULTS]
    assert on_page(PAGE.read_text(encoding="utf-8")) == table(rows)


def assert_told(seen: Seen, fault: Fault) -> None:
    """The caller gets what the catalogue says, and pays only for pictures."""
    if fault.ends.code is None:
        assert_delivered(seen, fault)
        return
    assert seen.error is not None
    assert set(seen.error) - {"moderation_details"} == {"message", "type", "param", "code"}
    assert (seen.status, seen.error["code"], seen.pictures) == (fault.ends.status, fault.ends.code, ())
    assert seen.charge_nusd == 0
    if seen.status >= 400:
        wait_s = fault.ends.wait_s
        assert seen.partials == 0
        assert seen.headers["x-should-retry"] == str(seen.status >= 500 and fault.ends.again).lower()
        assert seen.headers.get("retry-after") == (None if wait_s is None else str(wait_s))
    if fault.ends.runs == 0:
        assert (seen.entries, seen.record) == ((), None)
    else:
        assert seen.entries == ("hold", "release")
        assert seen.record is not None
        assert seen.record.outcome is (Outcome.REFUSED if fault.ends.code == "moderation_blocked" else Outcome.FAILED)


def assert_delivered(seen: Seen, fault: Fault) -> None:
    """Exactly what was asked for, charged once."""
    assert (seen.status, seen.error) == (200, None)
    assert seen.pictures == ("1024x1024 png",) * fault.fields.get("n", 1)
    assert seen.entries == ("hold", "settle")
    assert seen.record is not None
    assert (seen.record.outcome, seen.record.charge_nusd) == (Outcome.DELIVERED, seen.charge_nusd)
    assert 0 < seen.charge_nusd <= seen.record.hold_nusd
