"""A value of any type as a cell of a table of texts."""

from pydantic_core import to_json, to_jsonable_python


def cell(value: object) -> object:
    """`value` for `csv.writer`: texts, numbers and None as they are, anything else as JSON would have it."""
    if value is None or type(value) in {str, int, float}:
        return value
    plain = to_jsonable_python(value, bytes_mode="base64", inf_nan_mode="strings")
    return plain if isinstance(plain, str) else to_json(plain).decode()
