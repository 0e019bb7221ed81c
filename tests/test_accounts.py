"""What an account can pay for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limner.accounts import check_credit
from limner.errors import LimitReached

AMOUNTS = st.integers(0, 10**15)


@given(before_nusd=st.integers(-(10**15), 10**15), hold_nusd=AMOUNTS, limit_nusd=AMOUNTS)
def test_a_hold_is_paid_or_refused_by_the_limit_alone(before_nusd: int, hold_nusd: int, limit_nusd: int) -> None:
    """What would leave the balance below its limit is refused, anything else is not."""
    after_nusd = before_nusd - hold_nusd
    if hold_nusd and after_nusd < -limit_nusd:
        with pytest.raises(LimitReached) as refused:
            check_credit(after_nusd, hold_nusd, limit_nusd)
        assert (refused.value.code, refused.value.retryable) == ("credit_balance_exhausted", False)
    else:
        check_credit(after_nusd, hold_nusd, limit_nusd)


def test_without_a_limit_everything_can_be_paid() -> None:
    """The default account goes as far below nothing as it is asked to."""
    check_credit(-(10**18), 10**9, None)


def test_a_job_that_costs_nothing_is_never_refused() -> None:
    """An account that owes more than it may can still have what is free."""
    check_credit(-10, 0, 0)


def test_the_refusal_names_both_amounts() -> None:
    """The caller learns what was asked for and what there is."""
    with pytest.raises(LimitReached, match=r"up to \$0\.2000, and \$0\.1500 are left"):
        check_credit(-50_000_000, 200_000_000, 0)
