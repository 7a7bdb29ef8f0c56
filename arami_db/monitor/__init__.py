"""Watching a database: the queries of monitor/, each on its own, so that a failure stops no other.

The operation is in arami_db.monitor.asking; importing this package loads no driver.
"""
