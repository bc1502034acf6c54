from enum import StrEnum


class Right(StrEnum):
    ACT = "act"
    EDIT = "edit"
    LOOK = "look"
    MANAGE = "manage"
    REVEAL = "reveal"

    def __str__(self) -> str:
        return str(self.value)
