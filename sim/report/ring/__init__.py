"""A ring round a place of a figure: found by what the figure's marks are of, drawn with a word beside it.

A chart says in its `usermeta` what its rows are of (`places.named`), a picture and a table in `data-place`
(`places.place_data`). So a ring knows no figure, and a figure no ring.
"""

from sim.report.ring.chart import ringed_chart
from sim.report.ring.picture import ringed_picture
from sim.report.ring.places import KEYS, FigurePlace, named, place, place_data
from sim.report.ring.table import ringed_table

__all__ = ["KEYS", "FigurePlace", "named", "place", "place_data", "ringed_chart", "ringed_picture", "ringed_table"]
