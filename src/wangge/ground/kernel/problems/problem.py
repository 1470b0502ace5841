"""What every problem is: a code, a sentence in two languages, the details that fill it, an HTTP status."""

from __future__ import annotations

import re
from typing import Any, ClassVar

GAP = re.compile(r"\{[^{}]*\}")


class Problem(Exception):
    """Something that a person can be told in one sentence, and what to do about it."""

    code: ClassVar[str]
    status: ClassVar[int] = 400
    zh: ClassVar[str]
    en: ClassVar[str]
    catalogue: ClassVar[dict[str, type[Problem]]] = {}

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if cls.code in Problem.catalogue:
            raise TypeError(f"problem code {cls.code} is used twice")
        Problem.catalogue[cls.code] = cls

    def __init__(self, **details: Any) -> None:
        self.details = details
        super().__init__(self.sentence("en"))

    def sentence(self, language: str = "zh") -> str:
        """The sentence for a person, in Chinese unless the language code says English."""
        template = self.en if language.startswith("en") else self.zh
        return template.format(**self.details)

    def as_json(self, language: str = "zh") -> dict[str, Any]:
        """The body of an RFC 9457 answer (application/problem+json)."""
        return {
            "type": f"urn:wangge:problem:{self.code}",
            "title": GAP.sub("…", self.en if language.startswith("en") else self.zh),
            "status": self.status,
            "detail": self.sentence(language),
            "code": self.code,
            "details": self.details,
        }
