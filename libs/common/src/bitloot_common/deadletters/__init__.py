"""Dead letters as data: read from Kafka or the database, indexed, replayed, discarded.

Admin's API and `bitloot dlt` call the same functions.
"""

from bitloot_common.deadletters.edit import EditRefused, edited
from bitloot_common.deadletters.letter import DeadLetter, State
from bitloot_common.deadletters.replay import NotReplayable, Sender, Sending, prepare
from bitloot_common.deadletters.selection import Selection

__all__ = [
    "DeadLetter",
    "EditRefused",
    "NotReplayable",
    "Selection",
    "Sender",
    "Sending",
    "State",
    "edited",
    "prepare",
]
