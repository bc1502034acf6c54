from enum import StrEnum


class ListPaymentsSort(StrEnum):
    CREATED = "created"
    VALUE_0 = "-created"

    def __str__(self) -> str:
        return str(self.value)
