"""The dashboard as one ASGI application: the pages, and what belongs around them. `streamlit run
app.py` and `mnistlab app` serve it to one person, `mnistlab serve` to a class.
"""

from mnistlab.server.site import personal as personal
from mnistlab.server.site import site as site
