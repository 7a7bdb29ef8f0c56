"""What views and functions answer to each actor, asked twice: with B's rows and without them.

`questions` asks, and `comparing` finds the answers that differ, which so tell of B's rows.
`controls` makes sure that B is told something at all, `shadows` asks again with temporary tables,
and `timing` finds functions too slow to be called often. Start with `questions`.
"""
