"""Show what callers see while upstreams are killed: `.venv/bin/python -m tools.show_failover`.

Starts two emulated upstreams and a server on this machine, in a folder that is gone afterwards, and lets both official
SDKs draw. Costs nothing and asks nobody outside.
"""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

from tests.sdk import pictures
from tests.sdk.failover import showing
from tests.sdk.nodejs import install


async def main() -> None:
    """Play it and print each line as it happens."""
    install()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        (folder / "photo.png").write_bytes(pictures.photo(1024, 1024, "PNG"))
        (folder / "mask.png").write_bytes(pictures.mask())
        async with showing(folder, folder, print) as show:
            await show.play()
            audit, charged_nusd = await show.audit(), sum(step.charge_nusd for step in show.steps)
    print("The ledger.")
    print(f"  {len(show.steps)} calls, {audit.entries} entries, charged ${charged_nusd / 10**9:.6f} in all")
    print(
        f"  balance ${audit.balance_nusd / 10**9:.6f}, held ${audit.held_nusd / 10**9:.6f}, faults {len(audit.faults)}"
    )


if __name__ == "__main__":
    asyncio.run(main())
