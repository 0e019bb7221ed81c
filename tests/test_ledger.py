"""The ledger's rules: what may happen to a hold, and what ending one gives back."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limner.errors import Defect
from limner.ledger import (
    TRANSITIONS,
    AlreadyResolved,
    EntryKind,
    HoldState,
    after,
    charged_nusd,
    resolution,
    resolution_amount_nusd,
)

AMOUNTS = st.integers(0, 10**15)
ENDED = (HoldState.SETTLED, HoldState.RELEASED, HoldState.ABANDONED)


@pytest.mark.parametrize(("state", "verb"), list(product(HoldState, EntryKind)))
def test_only_the_table_may_happen(state: HoldState, verb: EntryKind) -> None:
    """Four pairs of twenty-five are allowed; each other one is refused, a resolved hold under its own code."""
    if (state, verb) in TRANSITIONS:
        assert after(state, verb) is TRANSITIONS[state, verb]
        return
    with pytest.raises(Defect) as refused:
        after(state, verb)
    assert isinstance(refused.value, AlreadyResolved) is (state in ENDED)
    assert refused.value.code == ("already_resolved" if state in ENDED else None)


def test_a_hold_ends_once() -> None:
    """No path through the table leaves a resolved hold, but for the charge of an abandoned one, which is the last."""
    assert [pair for pair in TRANSITIONS if pair[0] in ENDED] == [(HoldState.ABANDONED, EntryKind.CHARGE)]
    assert {TRANSITIONS[pair] for pair in TRANSITIONS} == {HoldState.HELD, HoldState.SETTLED, HoldState.RELEASED}


@given(AMOUNTS, AMOUNTS)
def test_hold_and_end_together_are_the_charge(hold_nusd: int, price_nusd: int) -> None:
    """In the end the account has paid the price, or the hold where that was less, and never got money out of it."""
    charge_nusd = charged_nusd(hold_nusd, price_nusd)
    end_nusd = resolution_amount_nusd(hold_nusd, charge_nusd)
    assert -hold_nusd + end_nusd == -min(hold_nusd, price_nusd)
    assert end_nusd >= 0


@pytest.mark.parametrize(("hold_nusd", "charge_nusd"), [(-1, 0), (0, -1), (5, 6)])
def test_a_charge_outside_its_hold_is_refused(hold_nusd: int, charge_nusd: int) -> None:
    """A charge neither pays the account nor takes what was not held."""
    with pytest.raises(ValueError, match="between 0 and its hold"):
        resolution_amount_nusd(hold_nusd, charge_nusd)


def test_what_is_paid_for_is_settled() -> None:
    """A charged job settles its hold, any other releases it."""
    assert resolution(charged=True) is EntryKind.SETTLE
    assert resolution(charged=False) is EntryKind.RELEASE
