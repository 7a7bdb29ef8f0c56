"""Arguments with which functions are called.

`calls` puts the calls of a function together, a few of many combinations. `candidates` lists the
values for one argument, taken from a user's rows by `user_values`. Start with `calls`.
"""
