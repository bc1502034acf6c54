from enum import StrEnum


class ListOrdersSort(StrEnum):
    CREATED = "created"
    MOVED = "moved"
    VALUE_0 = "-created"
    VALUE_2 = "-moved"

    def __str__(self) -> str:
        return str(self.value)
