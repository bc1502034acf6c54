from enum import StrEnum


class ListDeadLettersStateType0(StrEnum):
    DISCARDED = "discarded"
    OPEN = "open"
    REPLAYED = "replayed"

    def __str__(self) -> str:
        return str(self.value)
