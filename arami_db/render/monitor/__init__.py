"""Answers of `monitor`: as text, as JSON, and as metrics."""
