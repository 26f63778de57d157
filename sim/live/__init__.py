"""The third door: a page that runs the model in a browser, from one file."""
