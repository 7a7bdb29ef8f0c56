"""One attempt: an actor sends a statement, and it is undone whatever comes of it.

`actors` says who sends, `model` what an attempt and its result are. `batch` sends many attempts in
one message, and `single` one at a time. Start with `model`.
"""
