"""The report of a training run: seven figures and one page that a person reads in a minute."""

from training.report.contents import Coverage, DataSummary, Layer, ReportContents, SplitSizes
from training.report.writer import write_report

__all__ = ["Coverage", "DataSummary", "Layer", "ReportContents", "SplitSizes", "write_report"]
