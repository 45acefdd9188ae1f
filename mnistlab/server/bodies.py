"""What a browser sends to a route: small JSON, which is read no further than it may be long."""

import json
from typing import Any

from starlette.requests import Request


async def read(request: Request, most: int) -> bytes:
    """The body of a request, or its first bytes where there are more than `most`."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > most:
            break
    return body


def parsed(body: bytes, most: int) -> Any:
    """What the JSON of at most so many bytes says. Raises `ValueError`."""
    if len(body) > most:
        raise ValueError(f"More than {most} bytes.")
    try:
        return json.loads(body)
    except RecursionError as error:
        raise ValueError("This is nested too deeply.") from error
