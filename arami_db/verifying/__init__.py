"""Verifying a database: against its files, its snapshot, its checks, and by trying.

The operation is in arami_db.verifying.operation; importing this package connects to nothing and
loads no driver, so that the command line can show its help at once.
"""
