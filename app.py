"""The dashboard's door: `streamlit run app.py`. Navigation only; what a page shows is in `dashboard`."""

from dashboard.frame import main

main()
