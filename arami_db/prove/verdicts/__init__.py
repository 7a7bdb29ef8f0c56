"""Judgement of attempts on tables: did the actor read or change rows of somebody else?

`judging` records a verdict for each result. `public` says what everybody is meant to read, and
`ownerless` judges tables whose rows have no owner. Start with `judging`.
"""
