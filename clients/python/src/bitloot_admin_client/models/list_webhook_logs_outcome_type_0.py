from enum import StrEnum


class ListWebhookLogsOutcomeType0(StrEnum):
    ACCEPTED = "accepted"
    IGNORED = "ignored"
    INVALID = "invalid"

    def __str__(self) -> str:
        return str(self.value)
