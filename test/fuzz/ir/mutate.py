# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Changes to the text of a module, each drawn from a random generator.

They go by what MLIR's text is made of (numbers, types, attributes, operands,
lines) and not by letters, so that many of the results still parse and reach
the verifiers and the passes. The same generator and text give the same result.
"""

import re

# A number that stands alone or is a dimension; not a part of a name or of f32.
NUMBER = re.compile(r"(?<![\w%#@.$-])-?\d+(?![\w.])|(?<=[x<])\d+(?=x)|(?<=x)\d+(?=>)")
DIMENSION = re.compile(r"(?<=[<x])(?:\d+|\?)(?=x)")
TYPE = re.compile(
    r"(?:tensor|memref|vector)<[^<>]*(?:<[^<>]*>[^<>]*)*>"
    r"|![a-z_.]+(?:<[^<>]*>)?|(?<!array<)\b(?:f16|f32|f64|index|i1|i8|i32|i64)\b"
)
ATTRIBUTE = re.compile(
    r"#[a-z_]+\.[a-z_]+<[^<>\[\]]*(?:\[[^\[\]]*\][^<>\[\]]*)*>|#\w+"
    r"|array<i64[^<>]*>|\[[-\d, ]*\]|-?\b\d+ : i64\b"
)
ENTRY = re.compile(r"[\w.]+ = (?:\[[^\[\]]*\]|array<[^<>]*>|<[^<>]*>|[^,{}<>\[\]()]+)")
OPERAND = re.compile(r"%\w+(?:#\d+)?(?!\w|:|#|(?:, %\w+)* =)")
OPERATION = re.compile(r"\b(?:transform\.)?(?:tconv|memref|scf|func|structured)\.\w+")
WORD = re.compile(r"<(positions|rows)>|\b(rows|channels|columns|positions|panel|depth)\b")
LIST = re.compile(r"\[[^\[\]]*\]|\([^()]*\)|array<i64: [^<>]*>")
TOKEN = re.compile(r"[%@#!^]?[\w.$]+|\"[^\"]*\"|->|\s+|.")
# A number by itself or in a list: an attribute's.
SETTING = re.compile(r"(?<= = )-?\d+(?![\w.])|(?<=[\[ ])-?\d+(?=[,\]>])")
# What is wrong nearly everywhere comes often; then limits and their neighbours.
WRONG = "0 -1 9223372036854775807 -9223372036854775808".split()
LIMITS = (
    "1 2 3 7 16 64 255 4096 65536 4194304 4194305 2147483647 2147483648"
    " -2147483648 4294967296 4611686018427387904 9223372036854775808"
).split()


def extreme(random):
    return random.choice(WRONG if random.random() < 0.5 else LIMITS)


def pick(random, pattern, text):
    """A place in the text where the pattern holds, or None."""
    found = list(pattern.finditer(text))
    return random.choice(found) if found else None


def replaced(text, match, new):
    return text[: match.start()] + new + text[match.end() :]


def swap_in(pattern):
    """Puts one match in the place of another, of this text or the other."""

    def change(random, text, other):
        place = pick(random, pattern, text)
        source = pick(random, pattern, text if random.random() < 0.7 else other)
        if place and source:
            return replaced(text, place, source.group())
        return text

    return change


def number(random, text, _):
    pattern = SETTING if random.random() < 0.6 else NUMBER
    place = pick(random, pattern, text)
    if not place:
        return text
    value = int(place.group())
    near = random.choice((value - 1, value + 1, -value, 2 * value))
    new = extreme(random) if random.random() < 0.7 else str(near)
    return replaced(text, place, new)


def any_type(random, text, other):
    """Another type for all values of one type, mostly one of its kind."""
    place = pick(random, TYPE, text)
    if not place:
        return text
    pool = TYPE.findall(text if random.random() < 0.7 else other)
    kind = re.match(r"\W*\w", place.group()).group()
    alike = [other for other in pool if other.startswith(kind)]
    new = random.choice(alike if alike and random.random() < 0.8 else pool or [""])
    # MLIR's parser crashes on array<index: ...>; that is known.
    old = r"(?<!array<)" + re.escape(place.group())
    return re.sub(old, lambda _: new, text)


def dimension(random, text, _):
    """Another dimension in all types that are the same as one."""
    place = pick(random, TYPE, text)
    at = pick(random, DIMENSION, place.group()) if place else None
    if not at:
        return text
    wild = at.group() != "?" and random.random() < 0.3
    new = "?" if wild else extreme(random).lstrip("-")
    return text.replace(place.group(), replaced(place.group(), at, new))


def rank(random, text, _):
    """One dimension more or less in all types that are the same as one."""
    place = pick(random, TYPE, text)
    at = pick(random, DIMENSION, place.group()) if place else None
    if not at:
        return text
    whole = place.group()
    if random.random() < 0.5:
        new = replaced(whole, at, f"{at.group()}x{at.group()}")
    else:
        new = whole[: at.start()] + whole[at.end() + 1 :]
    return text.replace(whole, new)


def every_number(random, text, _):
    """Changes all places of one number: what belongs together still agrees."""
    place = pick(random, NUMBER, text)
    if not place:
        return text
    old, new = place.group(), extreme(random)

    def change(match):
        if match.group() != old:
            return match.group()
        in_shape = text[match.start() - 1] == "x" or text[match.end() :][:1] == "x"
        return new.lstrip("-") if in_shape else new

    return NUMBER.sub(change, text)


def drop_entry(random, text, _):
    place = pick(random, ENTRY, text)
    if not place:
        return text
    end = place.end()
    end += len(re.match(r",? ?", text[end:]).group())
    return text[: place.start()] + text[end:]


def drop_operand(random, text, _):
    place = pick(random, OPERAND, text)
    if not place:
        return text
    return re.sub(r"\(, |, ,", "(", replaced(text, place, "").replace(", )", ")"))


def change_list(random, text, _):
    place = pick(random, LIST, text)
    if not place:
        return text
    whole = place.group()
    start = re.match(r"array<i64: |.", whole).group()
    items = whole[len(start) : -1].split(", ")
    if not items[0]:
        return text
    at = random.randrange(len(items))
    kind = random.randrange(4)
    if kind == 0:
        items = []
    elif kind == 1:
        del items[at]
    elif kind == 2:
        items.insert(at, items[random.randrange(len(items))])
    else:
        random.shuffle(items)
    return replaced(text, place, start + ", ".join(items) + whole[-1])


def lines(random, text, other):
    rows = text.split("\n")
    at = random.randrange(len(rows))
    kind = random.randrange(4)
    if kind == 0:
        del rows[at]
    elif kind == 1:
        rows.insert(random.randrange(len(rows) + 1), rows[at])
    elif kind == 2:
        to = random.randrange(len(rows))
        rows[at], rows[to] = rows[to], rows[at]
    else:
        rows.insert(at, random.choice(other.split("\n")))
    return "\n".join(rows)


def tokens(random, text, _):
    parts = TOKEN.findall(text)
    if not parts:
        return text
    at = random.randrange(len(parts))
    kind = random.randrange(3)
    if kind == 0:
        del parts[at]
    elif kind == 1:
        parts.insert(at, parts[at])
    else:
        to = random.randrange(len(parts))
        parts[at], parts[to] = parts[to], parts[at]
    return "".join(parts)


CHANGES = (
    [number] * 8
    + [every_number] * 3
    + [dimension] * 4
    + [rank]
    + [any_type] * 3
    + [swap_in(ATTRIBUTE)] * 3
    + [swap_in(ENTRY)] * 2
    + [swap_in(OPERAND)] * 2
    + [swap_in(OPERATION)]
    + [swap_in(WORD)] * 2
    + [drop_entry] * 2
    + [drop_operand]
    + [change_list] * 3
    + [lines]
    + [tokens]
)


def mutate(random, text, other):
    """One to a few changes; `other` is a text to take pieces from."""
    left, tries = random.choice((1, 1, 1, 1, 2, 2, 3)), 10
    while left and tries:
        changed = random.choice(CHANGES)(random, text, other)
        left -= changed != text
        tries -= 1
        text = changed
    # A mark of the input's own would split it in two.
    return text.replace("// -----", "//")
