"""The administrators' API: what they send and what they are told, as pure functions, and a table of the operations.

Names are those of the command line's JSON. Amounts are US dollars as text, so that no reader rounds them; times are
Unix seconds. A list has pages, each with a signed cursor to the next one.
"""
