"""SQL expressions as a tree, which `parsing` makes from SQL and `writing` makes SQL of.

`tree` defines it. The other modules rewrite it or find things in it: the ways in which a condition
can be true, claims of the JWT, aggregates. Nothing here reads a database. Start with `tree`, then
`splitting`.
"""
