"""Verifying a database: against its files, its snapshot and its checks, and by attacks.

The operation is in arami_db.verifying.operation; importing this package connects to nothing and
loads no driver, so that the command line can show its help fast.
"""
