"""What PromQL expressions name, read with patterns that suffice for those of deploy/."""

import re

_SELECTOR = re.compile(r"\b(tercet_\w+|up)\b(?:\{([^}]*)\})?")
_MATCHER = re.compile(r'(\w+)(=~|!~|!=|=)"((?:[^"\\]|\\.)*)"')
_GROUPING = re.compile(r"\b(?:by|without|on|ignoring)\s*\(([^)]*)\)")


def selectors(expression):
    """Each metric with its matchers: (label, operator, value)."""
    return [(name, _MATCHER.findall(matchers)) for name, matchers in _SELECTOR.findall(expression)]


def grouped_by(expression):
    """The labels that it groups by."""
    return {label.strip() for labels in _GROUPING.findall(expression) for label in labels.split(",")}
