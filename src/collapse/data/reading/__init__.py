"""How texts of one's own become documents, and what is said of them."""

from collapse.data.reading.how import How, ReadingLog
from collapse.data.reading.report import Report, report_on

__all__ = ["How", "ReadingLog", "Report", "report_on"]
