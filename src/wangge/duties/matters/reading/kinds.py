"""What kind of matter it is, by the pack's keyword rules and by what else was read."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from wangge.duties.matters.reading.identity import LABELS, PROVINCES
from wangge.duties.matters.reading.lexicon import Heard, Hit, Lexicon, Sounds, longest
from wangge.duties.matters.reading.negation import negated, shares
from wangge.duties.matters.reading.origins import Origin
from wangge.duties.matters.reading.sounds import readings
from wangge.duties.matters.reading.spans import Doubt, Field, Found, Taken
from wangge.ground.responses.packs.schema import KeywordRule, MatterKind

CIRCUMSTANCES = frozenset({Field.ORIGIN, Field.PLATE, Field.VILLAGE, Field.TOWN})
VALUES = frozenset({Field.DOCUMENT, Field.PHONE, Field.TEMPERATURE, Field.TIME, Field.VENUE, Field.NAME})
# In a keyword of the pack: the pieces before and after it may have a few characters between them.
GAP = "…"
PLATES_OF = re.compile(rf"[{PROVINCES}][A-Z]")


@dataclass(frozen=True)
class KindRules:
    """The pack's kinds with their keywords, made ready to be looked up. `fever` is in degrees Celsius.

    `apart` are keywords in two pieces, 路…挖, that stand near each other in one clause.

    `circumstances` are the keywords that only name a place or a province's plates: 湖北, 鄂A.
    `forms` are the kinds by what their forms take from a message: origin, temperature and the like.
    """

    kinds: Mapping[str, MatterKind]
    by_word: Mapping[str, list[tuple[str, KeywordRule]]]
    lexicon: Lexicon
    apart: tuple[tuple[re.Pattern[str], str], ...]
    sounds: Sounds
    circumstances: frozenset[str]
    forms: Mapping[str, list[str]]
    fever: float

    def asking(self, what: str) -> list[str]:
        """The kinds whose form asks for something."""
        return self.forms.get(what, [])


@dataclass(frozen=True)
class KindRead:
    """The kind a message suggests and the rule that says why; a rule of what was read has no keyword rule."""

    code: str
    rule: KeywordRule | None = field(repr=False)


@dataclass
class Weight:
    """What speaks for one kind: characters of its words, and the first of them."""

    letters: int = 0
    rule: KeywordRule | None = None
    spans: list[Hit] = field(default_factory=list)


def rules_of(kinds: Mapping[str, MatterKind], fever: float, places: Container[str]) -> KindRules:
    """The keyword rules of a pack's kinds; `places` are the names of places that people come from."""
    by_word: dict[str, list[tuple[str, KeywordRule]]] = defaultdict(list)
    for kind in kinds.values():
        for rule in kind.keywords:
            for word in rule.words:
                by_word[word].append((kind.code, rule))
    forms: dict[str, list[str]] = defaultdict(list)
    for kind in kinds.values():
        for what in {item.read_as for item in kind.fields}:
            forms[what].append(kind.code)
    circumstances = frozenset(word for word in by_word if word in places or PLATES_OF.fullmatch(word))
    joined = [word for word in by_word if GAP not in word and len(word) > 1]
    apart = tuple((_near(word), word) for word in by_word if GAP in word or len(word) == 1)
    lexicon, sounds = Lexicon(joined), Sounds(joined, partly=True)
    return KindRules(kinds, dict(by_word), lexicon, apart, sounds, circumstances, dict(forms), fever)


def _near(word: str) -> re.Pattern[str]:
    """The pattern of a keyword in pieces: each soon after the one before it, in one clause."""
    return re.compile(r"[^\n,。;!?，；！？]{0,12}?".join(map(re.escape, word.split(GAP))))


def kind_of(heard: Heard, rules: KindRules, found: Taken) -> Found | None:
    """The kind the message speaks of, with the span that says so; None where nothing does.

    The gravest kind that is spoken of goes before; of equally grave ones the one with more words, then
    one that goes to the case-handling body. A place or a plate alone is a circumstance: it counts only
    where nothing else speaks.
    """
    text = heard.text
    strong: dict[str, Weight] = defaultdict(Weight)
    weak: dict[str, Weight] = defaultdict(Weight)
    circumstances = Taken(text, (one for one in found if one.field in CIRCUMSTANCES))
    for hit in _exact(text, rules, found):
        side = weak if hit.word in rules.circumstances or not circumstances.free(hit.start, hit.end) else strong
        for code, rule in rules.by_word[hit.word]:
            _add(side[code], hit, rule)
    for code, hit, sure in _evidence(rules, found):
        _add(strong[code] if sure else weak[code], hit, None)
    for hit in () if strong else _by_sound(heard, rules, found):
        for code, rule in rules.by_word[hit.word]:
            _add(strong[code], hit, rule)
    weights = strong or weak
    if not weights:
        return None
    best = max(weights, key=lambda code: _rank(rules.kinds[code], weights[code]))
    span = max(weights[best].spans, key=lambda hit: (hit.end - hit.start, -hit.start))
    exact = not span.word or GAP in span.word or span.word == text[span.start : span.end]
    doubt = Doubt.NONE if exact else Doubt.BY_SOUND
    return Found(Field.KIND, span.start, span.end, KindRead(best, weights[best].rule), doubt)


def _add(weight: Weight, hit: Hit, rule: KeywordRule | None) -> None:
    weight.letters += len(hit.word.replace(GAP, "")) or hit.end - hit.start
    weight.rule = weight.rule or rule
    weight.spans.append(hit)


def _rank(kind: MatterKind, weight: Weight) -> tuple[int, int, bool]:
    return (-kind.severity, weight.letters, kind.handover)


def _exact(text: str, rules: KindRules, found: Taken) -> Iterator[Hit]:
    """Keywords that stand in the text and are not denied."""
    values = Taken(text, (one for one in found if one.field in VALUES))
    numbered = any(one.field == Field.DOCUMENT for one in found)
    after_denied = {one.end for one in found if one.doubt == Doubt.DENIED}
    denied_to = -1
    for hit in longest(rules.lexicon.hits(text)):
        denied = (
            negated(text, hit.start)
            or hit.start in after_denied
            or (denied_to >= 0 and shares(text, denied_to, hit.start))
        )
        if denied:
            denied_to = hit.end
        # 身份证 in a message that gives its number only says what the number is.
        labels = numbered and hit.word in LABELS
        if not denied and not labels and values.free(hit.start, hit.end):
            yield hit
    for pattern, word in rules.apart:
        # To look whether the pieces are there at all is quick, and mostly they are not.
        there = all(piece in text for piece in word.split(GAP))
        for match in pattern.finditer(text) if there else ():
            if not negated(text, match.start()):
                yield Hit(*match.span(), word)


def _by_sound(heard: Heard, rules: KindRules, found: Taken) -> Iterator[Hit]:
    """Keywords that only sound so, each character in its commonest reading.

    One character at least must be right, or 大家 would be 打架.
    """
    text = heard.text
    for hit in longest(hit for hit in rules.sounds.hits(heard) if found.free(hit.start, hit.end)):
        pairs = zip(text[hit.start : hit.end], hit.word, strict=True)
        if all(readings(char)[:1] == readings(other)[:1] for char, other in pairs) and not negated(text, hit.start):
            yield hit


def _evidence(rules: KindRules, found: Iterable[Found]) -> Iterator[tuple[str, Hit, bool]]:
    """What speaks for a kind without a keyword, and whether surely: somebody came, a temperature is a fever."""
    for one in found:
        hit = Hit(one.start, one.end, "")
        if isinstance(one.value, Origin) and one.value.told:
            yield from ((code, hit, one.value.returned) for code in rules.asking("origin"))
        elif one.field == Field.TEMPERATURE and isinstance(one.value, float) and one.value >= rules.fever:
            yield from ((code, hit, True) for code in rules.asking("temperature"))
