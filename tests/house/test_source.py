"""How the source is written: each rule over all of src, and once over a text that breaks it."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import pytest

from tests.house import checks
from tests.house.checks import Module

MODULES = list(checks.modules())

SIGNAL = "from django.dispatch import receiver\n"
SIGNAL_BY_NAME = "from django.db.models import signals\n"
HIDDEN = "def late():\n    from wangge.ground import kernel\n    return kernel\n"
HIDDEN_IN_METHOD = "class A:\n    async def late(self):\n        import json\n        return json\n"
MODELS = "from wangge.ground.areas.models import Area\n"
MODELS_AS_MODULE = "from wangge.ground.areas import models\n"
MODELS_BY_IMPORT = "import wangge.ground.areas.models\n"
LONG = "def long():\n" + "    print()\n" * 41


def test_the_source_is_found() -> None:
    assert "wangge.ground.kernel.problems" in {module.name for module in MODULES}


@pytest.mark.parametrize(
    "check",
    [
        checks.relative_imports,
        checks.function_imports,
        checks.signals,
        checks.foreign_models,
        checks.long_functions,
    ],
)
def test_no_module_breaks_the_rule(check: Callable[[Module], list[str]]) -> None:
    broken = [line for module in MODULES for line in check(module)]
    assert not broken, "\n".join(broken)


@pytest.mark.parametrize(
    ("check", "text"),
    [
        (checks.relative_imports, "from .rules import may_move\n"),
        (checks.function_imports, HIDDEN),
        (checks.function_imports, HIDDEN_IN_METHOD),
        (checks.signals, SIGNAL),
        (checks.signals, SIGNAL_BY_NAME),
        (checks.foreign_models, MODELS),
        (checks.foreign_models, MODELS_AS_MODULE),
        (checks.foreign_models, MODELS_BY_IMPORT),
        (checks.long_functions, LONG),
    ],
)
def test_a_module_that_breaks_the_rule_is_named(check: Callable[[Module], list[str]], text: str) -> None:
    found = check(Module.parse("wangge.duties.matters.services", text))
    assert len(found) == 1
    assert found[0].startswith("wangge.duties.matters.services:")


def test_a_room_may_import_its_own_models() -> None:
    assert checks.foreign_models(Module.parse("wangge.ground.areas.queries", MODELS)) == []


def test_a_foreign_key_and_an_annotation_may_name_a_model() -> None:
    assert checks.foreign_models(Module.parse("wangge.duties.matters.models", MODELS)) == []
    annotation = f"if TYPE_CHECKING:\n    {MODELS}"
    assert checks.foreign_models(Module.parse("wangge.duties.matters.services", annotation)) == []


def test_commands_and_flows_may_not_import_models_either() -> None:
    assert checks.foreign_models(Module.parse("wangge.flows", MODELS))


def test_module_names_say_what_is_in_them() -> None:
    assert [module.name for module in MODULES if checks.banned_names(module.name)] == []
    assert checks.banned_names("wangge.ground.areas.utils") == ["utils"]
    assert checks.banned_names("wangge.common.areas") == ["common"]


def test_no_module_is_a_wall() -> None:
    for module in MODULES:
        lines = checks.line_count(module)
        if lines > checks.LONG_MODULE:
            warnings.warn(f"{module.name} is {lines} lines long; split it by verb group", stacklevel=1)
        assert lines <= checks.TOO_LONG_MODULE, module.name


def test_lines_are_counted() -> None:
    assert checks.line_count(Module.parse("wangge.long", "\n" * (checks.TOO_LONG_MODULE + 1))) > checks.TOO_LONG_MODULE
