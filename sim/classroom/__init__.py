"""A lesson outside of the dashboard: as a sheet to print, as questions of another system, and graded."""
