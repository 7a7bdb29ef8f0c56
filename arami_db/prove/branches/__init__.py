"""Each branch of a policy, made true and then attacked.

`setup` makes the rows and claims of a case, `openings` lists the attacks that the case may let
through, and `exercise` runs them. `coverage` measures which branches were true and false, and
`owner_views` does the same for views with their owner's rights. Start with `exercise`.
"""
