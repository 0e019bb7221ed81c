"""Between engine and answer: a request fitted to what an engine can do, and its pictures made what was asked for.

`plan` decides what every parameter becomes, `finish` carries it out on events and pixels, `report` writes it down.
Knows nothing of HTTP, keys or money.
"""

from limner.exactness.finish import Place, events
from limner.exactness.plan import Plan, can_serve, fit
from limner.exactness.report import report_text

__all__ = ["Place", "Plan", "can_serve", "events", "fit", "report_text"]
