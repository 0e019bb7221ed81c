"""Any server that speaks OpenAI's Images API, its deviations as data.

`dialects` is the table of servers, whose entries stand in `openai_like`, `servers` and `services`; `request` and
`response` turn our words into theirs and back, `forward` lets further fields pass, `faults` lets failures leave, and
`engine` alone opens connections, the way that `network` knows.
"""
