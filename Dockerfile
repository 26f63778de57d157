# The dashboard as an image. Dependencies first, so that an edit of the source does not install them again:
# `python -m sim build .` shows it.
FROM python:3.13-slim
WORKDIR /app
COPY requirements.txt requirements-sim.txt ./
RUN pip install --no-cache-dir -r requirements.txt
COPY .streamlit/ .streamlit/
COPY scenarios/ scenarios/
COPY sim/ sim/
COPY dashboard/ dashboard/
COPY app.py .
USER nobody
EXPOSE 8501
HEALTHCHECK CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://localhost:8501/_stcore/health')"]
CMD ["streamlit", "run", "app.py", "--server.address", "0.0.0.0"]
