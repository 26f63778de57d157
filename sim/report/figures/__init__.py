"""Figures from an outcome and a `Style` alone: Vega-Lite dicts and SVG strings, each with a table and a sentence.

The same dict is shown in the dashboard, exported without a browser and asserted in tests.
"""

from sim.report.figures.bars import metric_alt, metric_bars, metric_table
from sim.report.figures.build import build_alt, build_graph, build_table, cost_line, first_cause, gutter, steps
from sim.report.figures.columns import RULERS, Ruler
from sim.report.figures.density import ladder, ladder_alt, ladder_table
from sim.report.figures.gantt import gantt, gantt_alt
from sim.report.figures.lanes import Finish
from sim.report.figures.legend import LegendMark, legend
from sim.report.figures.memory import ledger, ledger_alt, ledger_table
from sim.report.figures.race import lens_cut, race, race_alt, race_sources, race_table

__all__ = [
    "RULERS",
    "Finish",
    "LegendMark",
    "Ruler",
    "build_alt",
    "build_graph",
    "build_table",
    "cost_line",
    "first_cause",
    "gantt",
    "gantt_alt",
    "gutter",
    "ladder",
    "ladder_alt",
    "ladder_table",
    "ledger",
    "ledger_alt",
    "ledger_table",
    "legend",
    "lens_cut",
    "metric_alt",
    "metric_bars",
    "metric_table",
    "race",
    "race_alt",
    "race_sources",
    "race_table",
    "steps",
]
