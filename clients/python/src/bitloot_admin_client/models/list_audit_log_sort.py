from enum import StrEnum


class ListAuditLogSort(StrEnum):
    AT = "at"
    VALUE_0 = "-at"

    def __str__(self) -> str:
        return str(self.value)
