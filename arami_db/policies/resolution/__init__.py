"""What names in an expression mean by the catalog: columns of tables, bodies of functions.

`names` qualifies each column and puts the body of a function in the place of its call. The other
modules give it scopes and the bodies of functions in SQL and in PL/pgSQL. Start with `names`.
"""
