"""The dashboard's door: `streamlit run app.py`. Navigation only. What a page shows is in `dashboard`."""

if __name__ == "__main__":  # so Streamlit runs it for each reader
    from dashboard.frame import main

    main()
else:  # and so its server asks for what it is to serve
    from starlette.middleware import Middleware
    from streamlit.starlette import App

    from dashboard.addresses import LastPart

    app = App(__file__, middleware=[Middleware(LastPart)])
