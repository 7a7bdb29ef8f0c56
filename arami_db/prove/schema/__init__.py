"""What can be attacked, read from the catalog: tables, views and functions that the API exposes.

`owners` finds the columns that say whose a row is, and `predicates` makes conditions from them.
`exposed` lists grants and policies by role for the matrix. Start with `reading`.
"""
