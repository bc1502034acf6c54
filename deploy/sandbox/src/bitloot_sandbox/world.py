"""Both providers, wired: one memory, one set of faults, one sender."""

import random
from dataclasses import dataclass

from bitloot_sandbox.behaviour import Behaviour
from bitloot_sandbox.faults import FaultBoard
from bitloot_sandbox.kinguin.announcements import Announcer
from bitloot_sandbox.kinguin.purchases import Purchases
from bitloot_sandbox.nowpayments.payments import Payments
from bitloot_sandbox.settings import Settings
from bitloot_sandbox.store import Store
from bitloot_sandbox.webhooks import Sender


@dataclass
class World:
    behaviour: Behaviour
    chance: random.Random
    store: Store
    faults: FaultBoard
    sender: Sender
    payments: Payments
    purchases: Purchases
    announcer: Announcer

    async def start(self) -> None:
        await self.sender.start()
        self.purchases.start()

    async def stop(self) -> None:
        self.payments.stop()
        self.purchases.stop()
        await self.sender.stop()
        self.store.close()

    def behave(self, behaviour: Behaviour) -> None:
        """From now on like this."""
        if behaviour.seed is not None and behaviour.seed != self.behaviour.seed:
            self.chance.seed(behaviour.seed)
        if behaviour.webhooks_off_after != self.behaviour.webhooks_off_after:
            self.sender.switch_on()
        self.behaviour = behaviour
        self.purchases.nudge()


def new_world(settings: Settings) -> World:
    chance = random.Random()
    store = Store(settings.sandbox_data_dir)
    faults = FaultBoard(chance)
    world: World

    def behaving() -> Behaviour:
        return world.behaviour

    webhook_secret = settings.kinguin_webhook_secret.get_secret_value()
    sender = Sender(store, faults, behaving, chance)
    announcer = Announcer(sender, behaving, chance, settings.kinguin_webhook_url, webhook_secret)
    payments = Payments(store, sender, behaving, chance, settings.nowpayments_ipn_secret.get_secret_value())
    purchases = Purchases(store, faults, behaving, announcer)
    world = World(Behaviour(), chance, store, faults, sender, payments, purchases, announcer)
    return world
