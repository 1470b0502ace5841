"""Every problem has a whole sentence in both languages, wherever it is raised."""

from __future__ import annotations

import ast
import json
import string
from pathlib import Path
from typing import Any

import pytest

import wangge
from wangge.ground.kernel.problems import (
    FormError,
    FormInvalid,
    InputInvalid,
    NotPermitted,
    PackError,
    PackInvalid,
    Problem,
)

SOURCE = Path(wangge.__file__).parent


def gaps(problem: type[Problem]) -> set[str]:
    """The details that a problem's sentences ask for, in either language."""
    found = string.Formatter().parse(problem.zh + problem.en)
    return {name for _, name, _, _ in found if name is not None}


def classes() -> dict[str, type[Problem]]:
    return {problem.__name__: problem for problem in Problem.catalogue.values()}


def raised() -> list[tuple[str, str, set[str]]]:
    """Every place where a problem is made: where, which, with which details. `**details` are not followed."""
    found = []
    for path in sorted(SOURCE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call):
                continue
            name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            if name in classes() and not any(keyword.arg is None for keyword in node.keywords):
                place = f"{path.relative_to(SOURCE)}:{node.lineno}"
                found.append((place, name, {str(keyword.arg) for keyword in node.keywords}))
    return found


@pytest.mark.parametrize("problem", Problem.catalogue.values(), ids=lambda problem: problem.code)
def test_a_problem_says_the_same_in_both_languages(problem: type[Problem]) -> None:
    assert problem.code and problem.zh != problem.en
    assert 400 <= problem.status < 600
    if problem is PackInvalid:
        made: Problem = PackInvalid(pack="p", errors=[PackError("kinds.yaml", 3, "kinds.a", "缺少", "is missing")])
    elif problem is FormInvalid:
        made = FormInvalid(file="a.xlsx", errors=[FormError("survey", 3, "缺少", "is missing")])
    else:
        made = problem(**dict.fromkeys(gaps(problem), "甲"))
    for language in ("zh", "zh-hans", "en", "en-gb"):
        sentence = made.sentence(language)
        assert sentence and "{" not in sentence
        body = json.loads(json.dumps(made.as_json(language)))
        assert (body["detail"], body["status"], body["code"]) == (sentence, problem.status, problem.code)
        assert body["type"].endswith(problem.code)


def test_every_problem_is_raised_with_the_details_its_sentences_need() -> None:
    calls = raised()
    assert len(calls) > 30
    short = [
        f"{place} {name} lacks {sorted(missing)}"
        for place, name, given in calls
        if name not in {"PackInvalid", "FormInvalid"} and (missing := gaps(classes()[name]) - given)
    ]
    assert short == []


def test_details_with_braces_are_taken_as_they_are() -> None:
    problem = InputInvalid(field="{x}", why_zh="{verb} 100%", why_en="{0}")
    assert problem.sentence() == "{x}:{verb} 100%"
    assert str(problem) == "{x}: {0}"


def test_a_code_is_used_once() -> None:
    with pytest.raises(TypeError, match="used twice"):
        type("Second", (Problem,), {"code": NotPermitted.code, "zh": "", "en": ""})
    assert Problem.catalogue[NotPermitted.code] is NotPermitted


def test_a_missing_detail_is_found_when_the_problem_is_made() -> None:
    details: dict[str, Any] = {}
    with pytest.raises(KeyError):
        NotPermitted(**details)
