from enum import StrEnum


class ListWebhookLogsSort(StrEnum):
    RECEIVED = "received"
    VALUE_0 = "-received"

    def __str__(self) -> str:
        return str(self.value)
