"""The contracts: what travels on the topics. Pydantic and the standard library only; imports nothing of ours."""
