"""Statements that an actor tries on rows of somebody else.

`direct` reads and writes the table itself, `view_writes` writes through a view, and `keys` uses
foreign keys and unique keys. Start with `direct`.
"""
