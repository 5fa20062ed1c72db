"""What a scraper reads."""

from prometheus_client.openmetrics import parser as openmetrics
from prometheus_client.parser import text_string_to_metric_families


def samples(text):
    """The value of each sample, by its name and its labels."""
    return _by_name(text_string_to_metric_families(text))


def open_samples(text):
    """The same, of the form of OpenMetrics, which this refuses where it breaks a rule."""
    return _by_name(openmetrics.text_string_to_metric_families(text))


def _by_name(families):
    found = [sample for family in families for sample in family.samples]
    by_name = {(sample.name, frozenset(sample.labels.items())): sample.value for sample in found}
    assert len(by_name) == len(found)
    return by_name


def value(found, name, /, **labels):
    """Of one sample; None where there is none."""
    return found.get((name, frozenset(labels.items())))


def labelled(found, name):
    """The samples of a name, by the values of their labels in the order of the labels' names."""
    return {
        tuple(value for _, value in sorted(labels)): count for (each, labels), count in found.items() if each == name
    }
