"""How a page reads its filters: from the URL, blanks ignored, nonsense told and left out."""

from typing import TypeVar

from fastapi import Request
from pydantic import BaseModel, ValidationError

Filter = TypeVar("Filter", bound=BaseModel)


def read_query(request: Request, model: type[Filter]) -> tuple[Filter, list[str]]:
    """The filter that the URL names, and a sentence for each parameter that made no sense."""
    given: dict[str, str | list[str]] = {}
    lists = {field.alias or name for name, field in model.model_fields.items() if "list" in str(field.annotation)}
    for name in dict.fromkeys(request.query_params):
        values = [value for value in request.query_params.getlist(name) if value != ""]
        if values:
            given[name] = values if name in lists else values[-1]
    errors: list[str] = []
    while True:
        try:
            return model.model_validate(given), errors
        except ValidationError as error:
            for problem in error.errors(include_url=False, include_input=False):
                name = str(problem["loc"][0]) if problem["loc"] else ""
                if name not in given:
                    raise
                given.pop(name)
                errors.append(f"“{name}” was left out: {problem['msg'].lower()}.")
