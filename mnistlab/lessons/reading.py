"""A lesson read from its file; what is wrong in it is said with its line."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from mnistlab.errors import LessonError, LessonMistake
from mnistlab.i18n import N_, Text, message
from mnistlab.lessons.schema import Lesson, Pages
from mnistlab.questions.base import Wrong

MOST_BYTES = 500_000
Details = Mapping[str, Any]  # of a mistake, as pydantic says it: type, loc, msg, ctx
GROUP = N_("{name} has to be a group of names with values, indented below it.")
SENTENCES = {  # pydantic's name of a mistake -> ours; `name` is where it is
    "missing": N_("{name} is missing."),
    "extra_forbidden": N_("There is no {name} here: is it misspelt, or indented too far?"),
    "string_type": N_("{name} has to be text: put it in quotes."),
    "string_too_short": N_("{name} is empty."),
    "string_too_long": N_("{name} is too long: at most {max_length} letters."),
    "string_pattern_mismatch": N_("{name} has to be a language's two letters, such as en."),
    "int_type": N_("{name} has to be a whole number."),
    "int_parsing": N_("{name} has to be a whole number."),
    "int_from_float": N_("{name} has to be a whole number."),
    "float_type": N_("{name} has to be a number."),
    "float_parsing": N_("{name} has to be a number."),
    "finite_number": N_("{name} has to be a finite number."),
    "bool_type": N_("{name} has to be true or false."),
    "bool_parsing": N_("{name} has to be true or false."),
    "greater_than_equal": N_("{name} has to be at least {ge}."),
    "less_than_equal": N_("{name} can be at most {le}."),
    "too_short": N_("{name} has too few entries: at least {min_length}."),
    "too_long": N_("{name} has too many entries: at most {max_length}."),
    "tuple_type": N_("{name} has to be a list: one line each, beginning with a dash."),
    "dict_type": N_("{name} has to be settings with their values."),
    "model_type": GROUP,
    "model_attributes_type": GROUP,
    "union_tag_invalid": N_("There is no kind of question {tag}: the kinds are {expected_tags}."),
    "union_tag_not_found": N_("A question needs its kind."),
}
SYNTAX = {  # the beginning of what PyYAML says -> what may be the reason
    "mapping values are not allowed": N_(
        "put text with a colon in quotes, or check the indentation"
    ),
    "found character '\\t'": N_("indent with blanks, not with tabs"),
    "could not find expected ':'": N_("a colon is missing, or the text below it is not indented"),
    "expected <block end>": N_("the indentation does not fit the lines above"),
    "expected ',' or ']', but got '?'": N_("put a link between brackets in quotes"),
    "expected ',' or '}', but got '?'": N_("put text with a question mark in quotes"),
    "found unexpected end of stream": N_("a quotation mark is not closed"),
}


def read_lesson(path: Path, pages: Pages | None = None) -> Lesson:
    """The lesson in the file at `path`; its links and locked controls are checked if `pages` is
    given. Raises `LessonError`, with the lines of all mistakes.
    """
    return parse_lesson(_text(path), path.name, pages)


def parse_lesson(text: str, file: str, pages: Pages | None = None) -> Lesson:
    """The lesson that `text` describes; see `read_lesson`."""
    node = _composed(text, file)
    if (repeated := next(_repeated(node), None)) is not None:
        raise LessonError(file, [repeated])
    try:
        content = yaml.SafeLoader("").construct_document(node)
        return Lesson.model_validate(content, context={"pages": pages})
    except yaml.MarkedYAMLError as error:  # a value that YAML cannot read, such as 2026-13-45
        raise _syntax(error, file) from error
    except (ValueError, RecursionError) as error:
        raise LessonError(file, _mistakes(error, node)) from error


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise LessonError(
                path.name, [LessonMistake(0, message("The file is too large for a lesson."))]
            )
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        sentence = message("The file is not UTF-8: save it with this encoding.")
        raise LessonError(path.name, [LessonMistake(line, sentence)]) from error
    except OSError as error:
        reason = message("The file cannot be read ({error}).", error=error.strerror)
        raise LessonError(path.name, [LessonMistake(0, reason)]) from error


def _composed(text: str, file: str) -> yaml.Node:
    """The file's tree, whose nodes know their lines."""
    try:
        for event in yaml.parse(text, yaml.SafeLoader):
            if isinstance(event, yaml.AliasEvent):  # with which a few lines become gigabytes
                sentence = message("Write it out: a lesson has no aliases (*).")
                raise LessonError(file, [LessonMistake(event.start_mark.line + 1, sentence)])
        node = yaml.compose(text, yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        raise _syntax(error, file) from error
    except yaml.YAMLError as error:
        raise LessonError(
            file, [LessonMistake(1, message("This is not YAML ({error}).", error=error))]
        ) from error
    if not isinstance(node, yaml.MappingNode):
        sentence = message("A lesson begins with title, language, minutes, for and steps.")
        raise LessonError(file, [LessonMistake(1, sentence)])
    return node


def _syntax(error: yaml.MarkedYAMLError, file: str) -> LessonError:
    problem = error.problem or message("it cannot be read")
    mark = error.problem_mark or error.context_mark
    known = (message(why) for begin, why in SYNTAX.items() if str(problem).startswith(begin))
    sentence = message("This is not YAML: {reason}.", reason=next(known, problem))
    return LessonError(file, [LessonMistake(1 if mark is None else mark.line + 1, sentence)])


def _repeated(node: yaml.Node) -> Iterator[LessonMistake]:
    """Names that stand twice in one group: YAML would silently take the last."""
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _repeated(item)
    elif isinstance(node, yaml.MappingNode):
        names = set()
        for key, value in node.value:
            if key.value in names:
                yield LessonMistake(
                    key.start_mark.line + 1, message("{value} stands here twice.", value=key.value)
                )
            names.add(key.value if isinstance(key.value, str) else id(key))
            yield from _repeated(value)


# -- what pydantic says, with its line -------------------------------------------------------------


def _mistakes(error: Exception, node: yaml.Node) -> list[LessonMistake]:
    if not isinstance(error, ValidationError):
        return [LessonMistake(1, message("This is not YAML ({error}).", error=error))]
    everything = error.errors(include_url=False)
    found = {
        LessonMistake(_line(node, _place(details)), _sentence(details)): None
        for details in everything
        # entries with mistakes do not count, so that a list seems too short as well
        if not any(
            other["loc"][:-1][: len(details["loc"])] == details["loc"] for other in everything
        )
    }
    return sorted(found, key=lambda mistake: mistake.line)


def _place(details: Details) -> list[int | str]:
    """Where in the file the mistake is: without the kind of question, which pydantic adds."""
    where = details["loc"]
    place = [
        part for before, part in zip((None, *where), where, strict=False) if before != "question"
    ]
    wrong = details.get("ctx", {}).get("error")
    if details["type"].startswith("union_tag"):
        return [*place, "kind"]
    return [*place, wrong.field] if isinstance(wrong, Wrong) else place


def _line(node: yaml.Node, where: Sequence[int | str]) -> int:
    """The line of the mistake: that of the name in front of a value, or of the group that lacks
    one.
    """
    line = node.start_mark.line
    for part in where:
        if isinstance(node, yaml.SequenceNode) and isinstance(part, int):
            node = node.value[part]
            line = node.start_mark.line
        elif isinstance(node, yaml.MappingNode):
            found = next((pair for pair in node.value if pair[0].value == str(part)), None)
            if found is not None:  # not a tag of a union, nor what is missing
                line, node = found[0].start_mark.line, found[1]
    return int(line) + 1


def _sentence(details: Details) -> Text:
    if details["type"] == "value_error":  # our own
        sentence: Text = details["ctx"]["error"].args[0]
        return sentence
    context = details.get("ctx", {}) | {"name": _name(_place(details))}
    if (template := SENTENCES.get(details["type"])) is not None:
        return message(template, **context)
    return message("{name}: {problem}.", name=context["name"], problem=details["msg"])


def _name(where: Sequence[int | str]) -> Text:
    """("steps", 2, "words") as "words of step 3"."""
    numbers = [part for part in where if isinstance(part, int)]
    names = [part for part in where if isinstance(part, str)]
    last: Text = names[-1] if names else message("the lesson")
    if not numbers or names[0] != "steps":
        return last
    if len(where) == 2:
        return message("step {number}", number=numbers[0] + 1)
    if isinstance(where[-1], int):
        last = message("entry {number} of {name}", number=where[-1] + 1, name=last)
    return message("{name} of step {number}", name=last, number=numbers[0] + 1)
