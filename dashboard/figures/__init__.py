"""The drawings of an outcome on a page: what `sim.report.shown` gives, laid out by Streamlit."""
