"""What triggers, rules and functions write with more rights than those of the actor.

`actions` lists what A may do to make them run. `copies` and `derived` look afterwards whether other
rows tell what is in B's rows. Start with `copies`.
"""
