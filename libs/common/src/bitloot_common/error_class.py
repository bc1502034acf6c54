"""What an error is called where it is shown: in headers, spans and groups."""


def class_name(error: BaseException) -> str:
    """`module.Class`; builtins without their module. Never the error's arguments."""
    kind = type(error)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
