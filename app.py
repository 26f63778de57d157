"""The dashboard's door: `streamlit run app.py`. Navigation only. What a page shows is in `dashboard`."""

from dashboard.frame import main

main()
