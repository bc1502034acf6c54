"""The parent of every read model: camelCase outside, snake_case inside."""

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel


class Model(BaseModel):
    """A read model."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="ignore")
