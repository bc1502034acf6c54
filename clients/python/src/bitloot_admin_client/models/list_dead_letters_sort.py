from enum import StrEnum


class ListDeadLettersSort(StrEnum):
    DEAD = "dead"
    VALUE_0 = "-dead"

    def __str__(self) -> str:
        return str(self.value)
