"""What calls of functions change: rows of B's, or what A may do afterwards.

`effects` compares B's rows before and after a call. `read_access` and `write_access` try after a
call what was not possible before. `states` prepares B's rows for it. Start with `effects`.
"""
