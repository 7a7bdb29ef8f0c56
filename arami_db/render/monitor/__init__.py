"""Answers of `monitor`: for people, for programs, and for whoever collects metrics."""
