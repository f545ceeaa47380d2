"""Taking a network home: files that open without this project."""

from core.export.bundle import bundle
from core.export.findings import Findings
from core.export.formats import FORMATS, ExportFailed
from core.export.report import report

__all__ = ["FORMATS", "ExportFailed", "Findings", "bundle", "report"]
