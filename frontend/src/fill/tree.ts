// The form as it stands on the page: questions, groups, and groups that repeat. It is looked over after every change.

import type { AnyChildNode, AnyControlNode, GroupNode, RepeatInstanceNode, RepeatRangeNode } from "@getodk/xforms-engine";
import { made } from "../map-data";
import { choice, order } from "./choices";
import { field, note, scale, tick } from "./fields";
import { upload } from "./files";
import { place } from "./place";
import { question, type Filling, type Question } from "./question";
import { say } from "./said";
import { word } from "./page";

/** Something that stands on the page for a node of the form. */
export interface View {
  element: HTMLElement;
  refresh: () => void;
  questions: () => Question[];
}

interface Parent {
  currentState: { readonly children: readonly AnyChildNode[] };
}

const PLACES = new Set(["geopoint", "geotrace", "geoshape"]);

function asked(node: AnyControlNode, filling: Filling): Question {
  switch (node.nodeType) {
    case "note":
      return question(node, note(node), filling, "none");
    case "select":
      return question(node, choice(node, filling), filling, "several");
    case "rank":
      return question(node, order(node, filling), filling, "several");
    case "trigger":
      return question(node, tick(node, filling), filling, "one");
    case "range":
      return question(node, scale(node, filling), filling, "one");
    case "upload":
      return question(node, upload(node, filling), filling, "one");
    case "input":
      return PLACES.has(node.valueType)
        ? question(node, place(node, filling), filling, "several")
        : question(node, field(node, filling), filling, "one");
  }
}

function viewOf(node: AnyChildNode, filling: Filling): View | null {
  if (node.nodeType === "model-value") return null;
  // The heading of a table of choices; here every question shows its choices itself.
  if (node.nodeType === "select" && node.appearances.label) return null;
  if (node.nodeType === "group") return group(node, filling);
  if (node.nodeType === "repeat-instance") return repeatOne(node, filling);
  if (node.nodeType === "repeat-range:controlled" || node.nodeType === "repeat-range:uncontrolled")
    return repeats(node, filling);
  const one = asked(node, filling);
  return { element: one.element, refresh: one.refresh, questions: () => [one] };
}

/** What stands for the children of a node, in their order; new ones come and gone ones go. */
export function childViews(parent: Parent, place: HTMLElement, filling: Filling): Omit<View, "element"> {
  let views = new Map<AnyChildNode, View | null>();
  const refresh = (): void => {
    const before = views;
    views = new Map(parent.currentState.children.map((node) => [node, before.get(node) ?? viewOf(node, filling)]));
    for (const [node, view] of before) if (!views.has(node)) view?.element.remove();
    let after: Element | null = null;
    for (const view of views.values()) {
      if (!view) continue;
      const due: Element | null = after ? after.nextElementSibling : place.firstElementChild;
      if (view.element !== due) place.insertBefore(view.element, due);
      after = view.element;
      view.refresh();
    }
  };
  return { refresh, questions: () => [...views.values()].flatMap((view) => view?.questions() ?? []) };
}

/** A part of the form under a heading; one without a heading is only its questions. */
function group(node: GroupNode, filling: Filling): View {
  const element = made("fieldset", "", { class: "part" });
  const legend = made("legend");
  const inside = made("div");
  element.append(legend, inside);
  const children = childViews(node as Parent, inside, filling);
  return {
    element,
    questions: children.questions,
    refresh: () => {
      const { relevant, hasRelevantBodyNodes, label } = node.currentState;
      element.hidden = !relevant || !hasRelevantBodyNodes;
      say(legend, label);
      legend.hidden = !legend.dataset.said;
      element.classList.toggle("bare", legend.hidden);
      children.refresh();
    },
  };
}

/** A group that is answered as often as needed; where the form itself says how often, nothing is added by hand. */
function repeats(node: RepeatRangeNode, filling: Filling): View {
  const element = made("div", "", { class: "repeats" });
  const inside = made("div");
  const add = made("button", "", { type: "button", class: "btn" });
  element.append(inside, add);
  const children = childViews(node as Parent, inside, filling);
  add.addEventListener("click", () => {
    if (node.nodeType !== "repeat-range:uncontrolled") return;
    node.addInstances();
    filling.answered();
    children.refresh();
    const last = inside.lastElementChild;
    last?.querySelector<HTMLElement>("input, textarea, select, button:not(.remove)")?.focus();
  });
  return {
    element,
    questions: children.questions,
    refresh: () => {
      const { relevant, label } = node.currentState;
      element.hidden = !relevant;
      add.hidden = node.nodeType !== "repeat-range:uncontrolled";
      add.textContent = word("add_one", label?.asString.trim() ?? "");
      children.refresh();
    },
  };
}

/** One of those groups, with a way to take it out that asks once more. */
function repeatOne(node: RepeatInstanceNode, filling: Filling): View {
  const element = made("fieldset", "", { class: "part one" });
  const legend = made("legend");
  const inside = made("div");
  const remove = made("button", "", { type: "button", class: "btn btn-sm remove" });
  const sure = made("div", "", { class: "note warn sure", role: "alert" });
  const yes = made("button", word("remove_yes"), { type: "button", class: "btn btn-sm danger" });
  const no = made("button", word("remove_no"), { type: "button", class: "btn btn-sm" });
  const buttons = made("div", "", { class: "inline" });
  const range = node.parent;
  buttons.append(yes, no);
  sure.append(made("p", word("remove_sure")), buttons);
  sure.hidden = true;
  element.append(legend, inside, remove, sure);
  const children = childViews(node as Parent, inside, filling);
  const index = (): number => range.currentState.children.indexOf(node);
  const ask = (asking: boolean): void => {
    sure.hidden = !asking;
    remove.hidden = asking;
  };
  remove.addEventListener("click", () => {
    ask(true);
    no.focus();
  });
  no.addEventListener("click", () => {
    ask(false);
    remove.focus();
  });
  yes.addEventListener("click", () => {
    if (range.nodeType !== "repeat-range:uncontrolled") return;
    const add = element.closest(".repeats")?.querySelector<HTMLElement>(":scope > .btn");
    range.removeInstances(index());
    filling.answered();
    add?.focus();
  });
  return {
    element,
    questions: children.questions,
    refresh: () => {
      const name = `${node.currentState.label?.asString.trim() || range.currentState.label?.asString.trim() || ""} ${index() + 1}`;
      if (legend.textContent !== name) legend.textContent = name.trim();
      remove.textContent = word("remove_one", name.trim());
      if (range.nodeType !== "repeat-range:uncontrolled") remove.hidden = true;
      children.refresh();
    },
  };
}
