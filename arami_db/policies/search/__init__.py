"""The search for rows, claims and settings with which a condition is true.

A world (`worlds`) holds values by place (`places`); the server evaluates a condition in it
(`evaluator`). `backtracking` satisfies one condition after another, by the ways that `conditions`
lists; the other modules are ways for one kind of expression each. Start with `backtracking`.
"""
