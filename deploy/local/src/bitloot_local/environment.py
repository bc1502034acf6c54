"""Who is told what: the variables of `.local/env`, of the jobs, of each service and of the sandbox."""

from collections.abc import Mapping

from bitloot_local.config import Config
from bitloot_local.ports import HOST, url

SERVICES = ("ingress", "fulfillment", "delivery", "admin")
S3_BUCKET = "bitloot-keys"
S3_REGION = "auto"  # as Cloudflare R2
EMAIL_FROM = "BitLoot <keys@bitloot.example>"
RECONCILE_INTERVAL_S = "2"

DATABASE_PASSWORDS = tuple(f"{service.upper()}_DATABASE_PASSWORD" for service in SERVICES)
NOWPAYMENTS = ("NOWPAYMENTS_API_KEY", "NOWPAYMENTS_IPN_SECRET")
KINGUIN = ("KINGUIN_CLIENT_ID", "KINGUIN_CLIENT_SECRET", "KINGUIN_API_KEY", "KINGUIN_WEBHOOK_SECRET")
R2 = ("R2_ACCESS_KEY_ID", "R2_SECRET_ACCESS_KEY")


def urls(config: Config) -> dict[str, str]:
    ports = config.ports
    return {
        "INGRESS_URL": url(ports.ingress),
        "ADMIN_URL": url(ports.admin),
        "DELIVERY_URL": url(ports.delivery),
        "FULFILLMENT_URL": url(ports.fulfillment),
        "SANDBOX_URL": url(ports.sandbox),
        "MAILBOX_URL": url(ports.mailbox),
    }


def owner(config: Config) -> dict[str, str]:
    """For the jobs and the command line: the database's owner, and the passwords it hands out."""
    return {
        "DATABASE_URL": config.database_url("bitloot", "OWNER_DATABASE_PASSWORD"),
        "KAFKA_BOOTSTRAP_SERVERS": config.kafka_bootstrap_servers,
        **secrets(config, *DATABASE_PASSWORDS),
    }


def service(config: Config, name: str) -> dict[str, str]:
    """Everything `python -m bitloot_<name>` needs, and no secret that is another's."""
    return {
        "DATABASE_URL": config.database_url(f"bitloot_{name}", f"{name.upper()}_DATABASE_PASSWORD"),
        "KAFKA_BOOTSTRAP_SERVERS": config.kafka_bootstrap_servers,
        "HTTP_HOST": HOST,
        "HTTP_PORT": str(getattr(config.ports, name)),
        "LOG_FORMAT": "json",
        "LOG_LEVEL": config.log_level,
        **_own(config, name),
    }


def _own(config: Config, name: str) -> Mapping[str, str]:
    public = {"WEBHOOK_BASE_URL": url(config.ports.ingress), "FRONTEND_URL": url(config.ports.delivery)}
    match name:
        case "ingress":
            return (
                public
                | nowpayments(config)
                | {
                    "KINGUIN_WEBHOOK_SECRET": config.secrets["KINGUIN_WEBHOOK_SECRET"],
                    "ORDER_TOKEN_SECRET": config.secrets["ORDER_TOKEN_SECRET"],
                    "KINGUIN_API": config.kinguin_api,
                }
            )
        case "fulfillment":
            reconcile = {"RECONCILE_INTERVAL_S": RECONCILE_INTERVAL_S}
            return public | nowpayments(config) | kinguin(config) | reconcile | member(name)
        case "delivery":
            return (
                public
                | kinguin(config)
                | object_storage(config)
                | mail(config)
                | secrets(config, "LINK_SECRETS", "KEY_RING")
                | member(name)
            )
        case "admin":
            return urls(config) | {"ADMIN_PUBLIC_URL": url(config.ports.admin)} | secrets(config, "ADMIN_TOKEN")
    raise ValueError(name)


def member(name: str) -> dict[str, str]:
    """Its seat in the consumer groups is kept over `kill -9`: one process per service, so the name will do."""
    return {"KAFKA_GROUP_INSTANCE_ID": name}


def sandbox(config: Config) -> dict[str, str]:
    return {
        "HTTP_HOST": HOST,
        "HTTP_PORT": str(config.ports.sandbox),
        "KINGUIN_WEBHOOK_URL": f"{url(config.ports.ingress)}/kinguin/webhook",
        "KINGUIN_API": config.kinguin_api,
        "SANDBOX_DATA_DIR": str(config.layout.data("sandbox")),
        **secrets(config, *NOWPAYMENTS, *KINGUIN),
    }


def nowpayments(config: Config) -> dict[str, str]:
    return {
        "NOWPAYMENTS_BASE": f"{url(config.ports.sandbox)}/nowpayments/v1",
        # the sandbox limits nobody unless told to; the real provider takes 3 payments a second
        "NOWPAYMENTS_PAYMENTS_PER_S_MAX": "200",
        "NOWPAYMENTS_REQUESTS_PER_S_MAX": "200",
        **secrets(config, *NOWPAYMENTS),
    }


def kinguin(config: Config) -> dict[str, str]:
    path = "/esa/api" if config.kinguin_api == "esa" else "/kinguin"
    return {
        "KINGUIN_API": config.kinguin_api,
        "KINGUIN_BASE_URL": url(config.ports.sandbox) + path,
        # an unclear purchase is settled sooner than at the real provider, whose search may lag for longer
        "KINGUIN_RESERVE_TIMEOUT_S": "5",
        "KINGUIN_SEARCH_OVER_S": "6",
        **secrets(config, *KINGUIN),
    }


def object_storage(config: Config) -> dict[str, str]:
    return {
        "R2_ENDPOINT": config.s3_endpoint_url,
        "R2_BUCKET": S3_BUCKET,
        "R2_REGION": S3_REGION,
        **secrets(config, *R2),
    }


def mail(config: Config) -> dict[str, str]:
    return {
        "MAIL_TRANSPORT": "smtp",
        "SMTP_URL": f"smtp://{HOST}:{config.ports.smtp}",
        "EMAIL_FROM": EMAIL_FROM,
        "MAIL_RETRY_S": "2",  # nobody waits five minutes at a desk
    }


def everything(config: Config) -> dict[str, str]:
    """`.local/env`: what a person, a test or `bitloot` on this stack could ask for."""
    return {
        **urls(config),
        "S3_ENDPOINT_URL": config.s3_endpoint_url,
        "S3_BUCKET": S3_BUCKET,
        **owner(config),
        **nowpayments(config),
        **kinguin(config),
        **object_storage(config),
        **mail(config),
        **secrets(config, "LINK_SECRETS", "KEY_RING", "ADMIN_TOKEN", "POSTGRES_PASSWORD"),
        "WEBHOOK_BASE_URL": url(config.ports.ingress),
        "FRONTEND_URL": url(config.ports.delivery),
        "RECONCILE_INTERVAL_S": RECONCILE_INTERVAL_S,
        "BITLOOT_KAFKA": config.kafka,
        **config.ports.as_variables(),
    }


def secrets(config: Config, *names: str) -> dict[str, str]:
    return {name: config.secrets[name] for name in names}
