"""Front door: a verified webhook or an order in, stored once, handed to Kafka."""
