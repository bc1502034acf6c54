"""Contains all the data models used in inputs/outputs"""

from .acted import Acted
from .api_token import ApiToken
from .api_tokens import ApiTokens
from .audit_row import AuditRow
from .audit_row_detail import AuditRowDetail
from .command_accepted import CommandAccepted
from .credentials import Credentials
from .dead_letter_detail import DeadLetterDetail
from .dead_letter_of_order import DeadLetterOfOrder
from .dead_letter_summary import DeadLetterSummary
from .delivery import Delivery
from .edit_request import EditRequest
from .group import Group
from .groups import Groups
from .healthz_response_healthz import HealthzResponseHealthz
from .hour import Hour
from .issued_token import IssuedToken
from .job import Job
from .job_report import JobReport
from .job_selection import JobSelection
from .jobs import Jobs
from .letter_act import LetterAct
from .letter_act_state_type_0 import LetterActStateType0
from .link import Link
from .link_view import LinkView
from .list_audit_log_sort import ListAuditLogSort
from .list_dead_letter_groups_state import ListDeadLetterGroupsState
from .list_dead_letters_sort import ListDeadLettersSort
from .list_dead_letters_state_type_0 import ListDeadLettersStateType0
from .list_deliveries_sort import ListDeliveriesSort
from .list_orders_sort import ListOrdersSort
from .list_payments_sort import ListPaymentsSort
from .list_reservations_sort import ListReservationsSort
from .list_webhook_logs_outcome_type_0 import ListWebhookLogsOutcomeType0
from .list_webhook_logs_sort import ListWebhookLogsSort
from .list_webhook_logs_webhook_type_type_0 import ListWebhookLogsWebhookTypeType0
from .new_person import NewPerson
from .new_token import NewToken
from .note import Note
from .order_detail import OrderDetail
from .order_summary import OrderSummary
from .outage import Outage
from .outages import Outages
from .overview import Overview
from .overview_deadletters import OverviewDeadletters
from .overview_ontheway import OverviewOntheway
from .page_audit_row import PageAuditRow
from .page_dead_letter_summary import PageDeadLetterSummary
from .page_delivery import PageDelivery
from .page_order_summary import PageOrderSummary
from .page_payment import PagePayment
from .page_reservation import PageReservation
from .page_webhook_summary import PageWebhookSummary
from .payment import Payment
from .people import People
from .person import Person
from .person_change import PersonChange
from .plan import Plan
from .plan_effects import PlanEffects
from .plan_topics import PlanTopics
from .planned_sending import PlannedSending
from .problem import Problem
from .replay import Replay
from .replay_accepted import ReplayAccepted
from .replay_answer import ReplayAnswer
from .replay_request import ReplayRequest
from .replay_request_state_type_0 import ReplayRequestStateType0
from .reservation import Reservation
from .right import Right
from .role import Role
from .sealed_keys import SealedKeys
from .service import Service
from .service_checks import ServiceChecks
from .session_info import SessionInfo
from .timeline_entry import TimelineEntry
from .timeline_entry_cause import TimelineEntryCause
from .timeline_entry_detail import TimelineEntryDetail
from .topic import Topic
from .topic_lag import TopicLag
from .topics import Topics
from .waiting import Waiting
from .webhook_detail import WebhookDetail
from .webhook_detail_headers import WebhookDetailHeaders
from .webhook_summary import WebhookSummary
from .why import Why

__all__ = (
    "Acted",
    "ApiToken",
    "ApiTokens",
    "AuditRow",
    "AuditRowDetail",
    "CommandAccepted",
    "Credentials",
    "DeadLetterDetail",
    "DeadLetterOfOrder",
    "DeadLetterSummary",
    "Delivery",
    "EditRequest",
    "Group",
    "Groups",
    "HealthzResponseHealthz",
    "Hour",
    "IssuedToken",
    "Job",
    "JobReport",
    "JobSelection",
    "Jobs",
    "LetterAct",
    "LetterActStateType0",
    "Link",
    "LinkView",
    "ListAuditLogSort",
    "ListDeadLetterGroupsState",
    "ListDeadLettersSort",
    "ListDeadLettersStateType0",
    "ListDeliveriesSort",
    "ListOrdersSort",
    "ListPaymentsSort",
    "ListReservationsSort",
    "ListWebhookLogsOutcomeType0",
    "ListWebhookLogsSort",
    "ListWebhookLogsWebhookTypeType0",
    "NewPerson",
    "NewToken",
    "Note",
    "OrderDetail",
    "OrderSummary",
    "Outage",
    "Outages",
    "Overview",
    "OverviewDeadletters",
    "OverviewOntheway",
    "PageAuditRow",
    "PageDeadLetterSummary",
    "PageDelivery",
    "PageOrderSummary",
    "PagePayment",
    "PageReservation",
    "PageWebhookSummary",
    "Payment",
    "People",
    "Person",
    "PersonChange",
    "Plan",
    "PlanEffects",
    "PlanTopics",
    "PlannedSending",
    "Problem",
    "Replay",
    "ReplayAccepted",
    "ReplayAnswer",
    "ReplayRequest",
    "ReplayRequestStateType0",
    "Reservation",
    "Right",
    "Role",
    "SealedKeys",
    "Service",
    "ServiceChecks",
    "SessionInfo",
    "TimelineEntry",
    "TimelineEntryCause",
    "TimelineEntryDetail",
    "Topic",
    "TopicLag",
    "Topics",
    "Waiting",
    "WebhookDetail",
    "WebhookDetailHeaders",
    "WebhookSummary",
    "Why",
)
