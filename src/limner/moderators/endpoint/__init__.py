"""A moderator that asks a server which speaks OpenAI's `/moderations`.

`settings` what an operator can set, `scores` what an answer amounts to, `moderator` the connections.
"""
