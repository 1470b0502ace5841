// One question: its words, what is answered with, and what is wrong with the answer, at the question itself.

import type { AnyControlNode } from "@getodk/xforms-engine";
import { made } from "../map-data";
import { say } from "./said";
import { word } from "./page";

/** What a question is answered with: one field, or several that share the question's words. */
export interface Control {
  element: HTMLElement;
  /** The fields themselves, told what is wrong and that they must be answered. */
  fields: () => HTMLElement[];
  /** Writes the answer the engine holds into the fields. */
  refresh: () => void;
  /** What is typed there and cannot be an answer, as a sentence. */
  broken?: () => string;
}

export interface Question {
  node: AnyControlNode;
  element: HTMLElement;
  refresh: () => void;
  /** What is wrong with the answer, empty where nothing is or the question is not asked. */
  wrong: () => string;
  label: () => string;
  focus: () => void;
}

/** What all questions of a form share. */
export interface Filling {
  /** Whether somebody has tried to send it: from then on every mistake shows. */
  tried: boolean;
  /** Called with every answer a person gives. */
  answered: () => void;
  /** The most bytes that one file may have. */
  mostBytes: number;
}

export const idOf = (node: AnyControlNode, part = ""): string => node.nodeId.replace(":", "-") + part;

let pressing = false;
document.addEventListener("pointerdown", () => (pressing = true), true);
for (const over of ["pointerup", "pointercancel"]) document.addEventListener(over, () => (pressing = false), true);

/** Once a press of finger or mouse is over: a sentence that came sooner would push away what is being pressed. */
function afterPress(run: () => void): void {
  if (pressing) document.addEventListener("pointerup", () => window.setTimeout(run), { once: true });
  else run();
}

/** An attribute that is there only where it says something. */
function set(element: HTMLElement, name: string, value: string): void {
  if (value) element.setAttribute(name, value);
  else element.removeAttribute(name);
}

/** Whether the words of a question name one field, stand over several, or are all there is. */
type Sort = "one" | "several" | "none";
const FRAMES = { one: ["div", "label"], several: ["fieldset", "legend"], none: ["div", "p"] } as const;

/** A control under its words. */
export function question(node: AnyControlNode, control: Control, filling: Filling, sort: Sort): Question {
  const [frame, heading] = FRAMES[sort];
  const element = made(frame, "", { class: sort === "none" ? "ask told" : "ask" });
  const words = made(heading, "", { class: "form-label" });
  if (sort === "one") words.setAttribute("for", idOf(node));
  const label = made("span", "", { id: idOf(node, "-label") });
  const must = made("b", word("must"), { class: "must" });
  const hint = made("p", "", { class: "ask-hint", id: idOf(node, "-hint") });
  const mistake = made("p", "", { class: "wrong", id: idOf(node, "-wrong"), role: "alert" });
  words.append(label, must);
  element.append(words, hint, control.element, mistake);
  let touched = false;
  element.addEventListener("focusout", (event: Event) => {
    const { relatedTarget: to } = event as FocusEvent;
    // Going from one field of a question to the next is not leaving it.
    if (to instanceof Node && element.contains(to)) return;
    afterPress(() => {
      touched = true;
      showMistake();
    });
  });

  const wrong = (): string => {
    const state = node.currentState;
    if (!state.relevant || state.readonly) return "";
    const broken = control.broken?.() ?? "";
    const violation = node.validationState.violation;
    return broken || (violation ? violation.message?.asString.trim() || word(violation.condition) : "");
  };
  const showMistake = (): void => {
    const sentence = touched || filling.tried ? wrong() : "";
    if (mistake.textContent !== sentence) mistake.textContent = sentence;
    mistake.hidden = !sentence;
    const told = [hint.hidden ? "" : hint.id, sentence ? mistake.id : ""].filter(Boolean).join(" ");
    for (const field of control.fields()) {
      set(field, "aria-invalid", sentence ? "true" : "");
      set(field, "aria-describedby", told);
    }
  };
  const refresh = (): void => {
    const state = node.currentState;
    element.hidden = !state.relevant;
    say(label, state.label);
    say(hint, state.hint);
    hint.hidden = !hint.dataset.said;
    must.hidden = !state.required;
    control.refresh();
    for (const field of control.fields()) {
      if (field instanceof HTMLTextAreaElement) field.readOnly = state.readonly;
      else (field as HTMLInputElement | HTMLButtonElement).disabled = state.readonly;
      if (sort === "one") set(field, "aria-required", state.required ? "true" : "");
    }
    showMistake();
  };
  return {
    node,
    element,
    refresh,
    wrong,
    label: () => label.textContent ?? "",
    focus: () => {
      element.scrollIntoView({ block: "center" });
      control.fields()[0]?.focus({ preventScroll: true });
    },
  };
}
