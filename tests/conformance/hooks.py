"""What schemathesis must know of this service: how the bodies that are not JSON are written."""

import json

import schemathesis


@schemathesis.serializer("application/x-ndjson")
def lines(_context, value):
    """One JSON value a line; a list is its items, each on a line of its own."""
    items = value if isinstance(value, list) else [value]
    return "".join(json.dumps(item) + "\n" for item in items).encode()


@schemathesis.serializer("application/toml")
def text(_context, value):
    """A rule file is sent as its text."""
    return (value if isinstance(value, str) else json.dumps(value)).encode()
