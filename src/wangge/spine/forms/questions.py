"""The questions of an XForm as a tree, read from the XForm itself: what JSON of them is kept with a version."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from lxml import etree

from wangge.spine.forms.rules import WORDS, Path

XF, JR = "{http://www.w3.org/2002/xforms}", "{http://openrosa.org/javarosa}"
H = "{http://www.w3.org/1999/xhtml}"
FILE = re.compile(r"jr://(?:file|file-csv|images|audio|video)/([^\"'<>\s]+)")
REFERENCE = re.compile(r"jr:itext\('([^']+)'\)")
LANGUAGE = re.compile(r"\(([a-z]{2})[\w-]*\)\s*$")
Labels = dict[str, str]


def questions_of(xform: str, personal: Mapping[Path, str]) -> list[dict[str, Any]]:
    """The tree of questions, see `rules`; `personal` says by path which kind of personal data an answer is."""
    form = _Form(etree.fromstring(xform.encode()), personal)
    return list(form.tree(form.data, ()))


def referred_files(xform: str) -> list[str]:
    """The files that the form asks clients to have, by name."""
    return sorted(set(FILE.findall(xform)))


class _Form:
    """What is looked up while the tree is made."""

    def __init__(self, root: Any, personal: Mapping[Path, str]) -> None:
        model = root.find(f".//{XF}model")
        self.personal = personal
        self.data = model.find(f"{XF}instance")[0]
        self.binds = {bind.get("nodeset"): bind for bind in model.iter(f"{XF}bind")}
        self.texts = dict(_texts(model))
        body = root.find(f"{H}body")
        self.controls = {control.get("ref"): control for control in body.iter() if control.get("ref")}
        self.repeated = {repeat.get("nodeset") for repeat in body.iter(f"{XF}repeat")}
        self.instances = {one.get("id"): one for one in model.iter(f"{XF}instance") if one.get("id")}

    def tree(self, node: Any, above: Path) -> Iterator[dict[str, Any]]:
        seen: set[str] = set()
        for child in node:
            name = etree.QName(child).localname
            if (above or name != "meta") and name not in seen:  # a repeat stands as template and as first
                seen.add(name)
                yield self._question(child, (*above, name))

    def _question(self, node: Any, path: Path) -> dict[str, Any]:
        ref = "/".join(("", etree.QName(self.data).localname, *path))
        control, bind = self.controls.get(ref), self.binds.get(ref)
        found: dict[str, Any] = {"name": path[-1], "label": self._label(control), "type": "group"}
        if len(node):
            return found | {"repeat": ref in self.repeated, "children": list(self.tree(node, path))}
        kind = bind.get("type", "string") if bind is not None else "string"
        choices = dict(self._choices(control)) if control is not None else {}
        shape = etree.QName(control).localname if control is not None else ""
        several, chosen = shape in {"select", "rank"}, shape in {"select", "rank", "select1"}
        written = control is not None or (bind is not None and bind.get("calculate") is not None)
        # What is chosen from a list, from a file's too, names nobody unless the sheet says so.
        words = kind in WORDS and written and not chosen
        told = self.personal.get(path, "text" if words else "none")
        return found | {
            "asked": control is not None,
            "type": kind,
            "many": several,
            "choices": choices,
            "personal": "" if told == "none" else told,
        }

    def _label(self, holder: Any) -> Labels:
        label = holder.find(f"{XF}label") if holder is not None else None
        if label is None:
            return {}
        reference = REFERENCE.match(label.get("ref", ""))
        if reference:
            return self.texts.get(reference[1], {})
        return {"zh": "".join(label.itertext()).strip()}

    def _choices(self, control: Any) -> Iterator[tuple[str, Labels]]:
        for item in control.findall(f"{XF}item"):
            yield item.findtext(f"{XF}value", ""), self._label(item)
        itemset = control.find(f"{XF}itemset")
        listed = re.match(r"instance\('([^']+)'\)", itemset.get("nodeset")) if itemset is not None else None
        instance = self.instances.get(listed[1]) if listed else None
        for item in instance.iter(f"{XF}item") if instance is not None else ():
            words = {"zh": item.findtext(f"{XF}label", "")}
            reference = item.findtext(f"{XF}itextId")
            yield item.findtext(f"{XF}name", ""), self.texts.get(reference, {}) if reference else words


def _texts(model: Any) -> Iterator[tuple[str, Labels]]:
    """The wordings of the form by id: "zh" of its first language where none says that it is Chinese."""
    languages = list(model.iter(f"{XF}translation"))
    found: dict[str, Labels] = {}
    for place, translation in enumerate(languages):
        code = LANGUAGE.search(translation.get("lang", ""))
        language = code[1] if code else ("zh" if place == 0 else translation.get("lang", ""))
        for text in translation.iter(f"{XF}text"):
            plain = next((value for value in text.iter(f"{XF}value") if value.get("form") is None), None)
            if plain is not None:
                found.setdefault(text.get("id"), {})[language] = "".join(plain.itertext()).strip()
    yield from found.items()
