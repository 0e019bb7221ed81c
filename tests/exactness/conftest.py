"""An ability that can do little and one that can do all, to be varied with `dataclasses.replace`."""

from __future__ import annotations

import pytest

from limner.engine import Ability
from limner.job import Format, Kind, Quality, Size


@pytest.fixture
def poor() -> Ability:
    """One square size, one PNG at a time, nothing else; it can edit one picture."""
    return Ability(
        kinds=frozenset({Kind.GENERATION, Kind.EDIT}),
        sizes=frozenset({Size(64, 64)}),
        n_max=1,
        formats=frozenset({Format.PNG}),
        compression=False,
        qualities=frozenset(),
        transparent=False,
        mask=False,
        images_max=1,
        partial_images=False,
    )


@pytest.fixture
def rich() -> Ability:
    """Everything the contract knows, and a seed."""
    return Ability(
        kinds=frozenset(Kind),
        sizes=None,
        n_max=10,
        formats=frozenset(Format),
        compression=True,
        qualities=frozenset(Quality),
        transparent=True,
        mask=True,
        images_max=16,
        partial_images=True,
        parameters=frozenset({"seed", "moderation", "markup", "input_fidelity"}),
    )
