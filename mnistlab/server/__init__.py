"""The dashboard for a class, as one ASGI application: the pages, and what a server of many students
needs besides. `mnistlab serve` runs it.
"""

from mnistlab.server.site import site as site
