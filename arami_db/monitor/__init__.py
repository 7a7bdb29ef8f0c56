"""Watching a database: the questions of monitor/, each asked for itself, so that none fails all.

The operation is in arami_db.monitor.asking; importing this package loads no driver.
"""
