from enum import StrEnum


class ListWebhookLogsWebhookTypeType0(StrEnum):
    KINGUIN_WEBHOOK = "kinguin_webhook"
    NOWPAYMENTS_IPN = "nowpayments_ipn"

    def __str__(self) -> str:
        return str(self.value)
