"""Any server that speaks OpenAI's Images API, its deviations as data.

`dialects` has the table of servers, `request` and `response` turn our words into theirs and back, `engine` alone opens
connections.
"""
