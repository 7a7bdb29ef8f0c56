"""What a parser of OpenMetrics makes of an exposition."""

from __future__ import annotations

from prometheus_client import Metric
from prometheus_client.openmetrics.parser import text_string_to_metric_families


def families(text: str) -> dict[str, Metric]:
    """The families of an exposition by name; an error where it is none."""
    return {family.name: family for family in text_string_to_metric_families(text)}
