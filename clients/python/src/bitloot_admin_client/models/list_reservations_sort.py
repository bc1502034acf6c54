from enum import StrEnum


class ListReservationsSort(StrEnum):
    CREATED = "created"
    VALUE_0 = "-created"

    def __str__(self) -> str:
        return str(self.value)
