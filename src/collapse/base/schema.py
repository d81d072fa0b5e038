"""Files that people write: what they hold, and every mistake in them as a sentence, all at once.

A :class:`Schema` says which keys a mapping has and of which types; pydantic checks them. What it
finds is told in the words of :mod:`.errors`: the place, the key, the value, what is valid, a guess.
"""

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import (
    AllowInfNan,
    BaseModel,
    ConfigDict,
    Field,
    PlainValidator,
    Strict,
    ValidationError,
    model_validator,
)
from pydantic_core import InitErrorDetails, PydanticCustomError

from collapse.base.errors import CollapseError, T, UnknownNameError, unknown

Listed = Annotated[tuple[T, ...], Strict(False)]  # a list in the file
Number = Annotated[float, AllowInfNan(False)]
Sentence = Annotated[str, Field(pattern=r"\S", description="a text that says something")]


class Schema(BaseModel):
    """A mapping that has these keys and no others, of just these types: True is no number.

    Where the description of a field says what its value must be, the sentences say so too. A
    validator may raise any :class:`~collapse.base.errors.CollapseError`: its text is the sentence.
    """

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    @model_validator(mode="wrap")
    @classmethod
    def in_words(cls, raw: Any, handler: Any) -> Any:
        """Validate, and put the errors of this mapping into words; it knows its valid keys."""
        try:
            return handler(raw)
        except ValidationError as error:
            errors = [e for e in error.errors(include_url=False) if not _follows(e)]
            details = [cls._details(e) for e in errors]
            raise ValidationError.from_exception_data(cls.__name__, details) from None

    @classmethod
    def _details(cls, error: Any) -> InitErrorDetails:
        sentence = PydanticCustomError("sentence", "{text}", {"text": cls._sentence(**error)})
        return InitErrorDetails(type=sentence, loc=error["loc"], input=error["input"])

    @classmethod
    def _sentence(cls, type: str, loc: Sequence, msg: str, input: Any, ctx: Any = None) -> str:
        if type == "sentence":  # of a mapping within this one
            return msg
        if type == "value_error":
            return str(ctx["error"])
        if type == "model_type":
            return f"{input!r} must be a mapping with the keys {', '.join(cls.model_fields)}."
        if loc[0] not in cls.model_fields:
            return unknown(str(loc[0]), cls.model_fields, "key")
        described = cls.model_fields[loc[0]].description if len(loc) == 1 else None
        rule = f"it must be {described}" if described else msg.replace("Input should", "it must")
        if type == "missing":
            return f"The key {loc[0]!r} is missing{f': {rule}' if described else ''}."
        subject = _words(loc)[-1]
        return f"{subject[0].upper()}{subject[1:]} is {input!r}; {rule}."


def mistakes(schema: type[Schema], raw: object, **context: object) -> list[str]:
    """Everything that is wrong with a value from a file, one sentence each; none when all is well.

    Args:
        schema: what it must be.
        raw: as YAML, JSON or CSV holds it.
        context: what the validators of the schema ask for.
    """
    try:
        schema.model_validate(raw, context=context)
    except ValidationError as error:
        return [_placed(e) for e in error.errors(include_url=False)]
    return []


def _follows(error: Any) -> bool:
    """Whether a list is too short only without the entries that have errors of their own."""
    return error["type"] == "too_short" and bool(error["input"])


def _placed(error: Any) -> str:
    within = _words(error["loc"])[:-1]
    return f"In {', '.join(within)}: {error['msg']}" if within else error["msg"]


def _words(loc: Sequence[str | int]) -> list[str]:
    """A place in nested mappings and lists: ``"'source'", "entry 2 of 'rows'"``."""
    words: list[str] = []
    for part in loc:
        if isinstance(part, int) and words:
            words[-1] = f"entry {part + 1} of {words[-1]}"
        else:
            words.append(repr(part))
    return words


def one_of(valid: Collection[str], what: str) -> PlainValidator:
    """The type of a name: ``Annotated[str, one_of(RECIPES, "recipe")]``.

    Args:
        valid: looked at whenever a value is checked.
        what: the kind of thing, for the message.
    """

    def check(name: object) -> str:
        if isinstance(name, str) and name in valid:
            return name
        raise UnknownNameError(unknown(str(name), valid, what))

    return PlainValidator(check)


def not_empty(what: str) -> Any:
    """What a list must be that is not empty."""
    return Field(min_length=1, description=f"a list of one or more {what}")


def read_yaml(path: Path, what: str) -> Any:
    """What a YAML file holds.

    Args:
        path: of the file, in UTF-8.
        what: it is, for the message: "The ``what`` ``path`` cannot be read".

    Raises:
        CollapseError: when the file is absent, is no YAML, or has a key twice in one mapping.
    """
    try:
        return yaml.load(path.read_text(encoding="utf-8"), Loader=_KeysOnce)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        reason = " ".join(str(error).split())
        raise CollapseError(f"The {what} {path} cannot be read: {reason}.") from error


class _KeysOnce(yaml.SafeLoader):
    """YAML lets a later key silently replace an earlier one of the same name."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [key for key, _ in node.value]
        for n, key in enumerate(keys):
            if any(key.value == earlier.value for earlier in keys[:n]):
                problem = f"The key {key.value!r} is there twice"
                raise yaml.constructor.ConstructorError(None, None, problem, key.start_mark)
        return super().construct_mapping(node, deep)
