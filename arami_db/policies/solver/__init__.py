"""z3, where it is installed, in the place of the search: it finds values, or proves there are none.

`translation` makes formulas of z3 from conditions, with `terms` for values and their types.
`solving` asks z3, and lets the server check what z3 answers. Start with `solving`.
"""
