"""Between engine and answer: a request fitted to what an engine can do, and its pictures made what was asked for.

`plan` decides what every parameter becomes, `finish` carries it out on events and pixels, `report` writes it down,
`survey` tells beforehand what an engine does not do by itself.
Knows nothing of HTTP, keys or money.
"""

from limner.exactness.finish import Place, events
from limner.exactness.plan import Plan, can_serve, fit
from limner.exactness.report import lost, report_text
from limner.exactness.survey import Demand, Survey, survey

__all__ = ["Demand", "Place", "Plan", "Survey", "can_serve", "events", "fit", "lost", "report_text", "survey"]
