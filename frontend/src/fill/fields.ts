// Questions answered in one field: words, numbers, dates and times, a tick, a place on a scale.

import type { AnyInputNode, AnyNoteNode, AnyRangeNode, TriggerNode } from "@getodk/xforms-engine";
import { made } from "../map-data";
import { idOf, type Control, type Filling } from "./question";
import { word } from "./page";

const WHOLE = /^[-+]?\d{1,10}$/;
const NUMBER = /^[-+]?(\d+\.?\d*|\.\d+)$/;
const pad = (number: number): string => String(number).padStart(2, "0");

/** The offset of the reader's clock from UTC at an instant, as XForms write it: +08:00. */
function offset(at: Date): string {
  const minutes = -at.getTimezoneOffset();
  const size = Math.abs(minutes);
  return `${minutes < 0 ? "-" : "+"}${pad(Math.floor(size / 60))}:${pad(size % 60)}`;
}

const dayOf = (at: Date): string => `${at.getFullYear()}-${pad(at.getMonth() + 1)}-${pad(at.getDate())}`;
const hourOf = (at: Date): string => `${pad(at.getHours())}:${pad(at.getMinutes())}`;

/** How the types that browsers have fields of their own for go into a field, and out of it. */
const MOMENTS: Record<string, { type: string; shown: (kept: string) => string; kept: (shown: string) => string }> = {
  date: { type: "date", shown: (kept) => kept.slice(0, 10), kept: (shown) => shown },
  time: {
    type: "time",
    shown: (kept) => (/[+-]\d\d:\d\d$|Z$/.test(kept) ? hourOf(new Date(`${dayOf(new Date())}T${kept}`)) : kept.slice(0, 5)),
    kept: (shown) => `${shown.slice(0, 5)}:00.000${offset(new Date())}`,
  },
  dateTime: {
    type: "datetime-local",
    shown: (kept) => `${dayOf(new Date(kept))}T${hourOf(new Date(kept))}`,
    kept: (shown) => `${shown.slice(0, 16)}:00.000${offset(new Date(shown))}`,
  },
};

/** A date, a time, or both. */
function moment(node: AnyInputNode, filling: Filling): Control {
  const kind = MOMENTS[node.valueType] ?? MOMENTS.date!;
  const input = made("input", "", { class: "form-control moment", id: idOf(node), type: kind.type });
  let known = "";
  input.addEventListener("input", () => {
    node.setValue((input.value ? kind.kept(input.value) : "") as never);
    known = node.currentState.instanceValue;
    filling.answered();
  });
  return {
    element: input,
    fields: () => [input],
    broken: () => (input.validity.badInput ? word("moment") : ""),
    refresh: () => {
      const now = node.currentState.instanceValue;
      if (now === known) return;
      known = now;
      input.value = now ? kind.shown(now) : "";
    },
  };
}

/** Words or a number; digits may be typed in full width, as Chinese keyboards give them. */
function typed(node: AnyInputNode, filling: Filling): Control {
  const number = node.valueType === "int" || node.valueType === "decimal";
  const rows = node.valueType === "string" ? (node.nodeOptions as { rows: number | null } | null)?.rows : null;
  const long = !number && (Boolean(rows) || node.appearances?.multiline);
  const field = long ? made("textarea") : made("input", "", { type: "text" });
  field.className = number ? "form-control number" : "form-control";
  field.id = idOf(node);
  field.autocomplete = "off";
  if (field instanceof HTMLTextAreaElement) field.rows = rows ?? 3;
  if (number) field.inputMode = node.valueType === "int" ? "numeric" : "decimal";
  else if (node.appearances?.numbers) field.inputMode = "numeric";
  let known = "";
  let broken = "";
  field.addEventListener("input", () => {
    let text = field.value;
    broken = "";
    if (number) {
      text = text.normalize("NFKC").replace("。", ".").trim();
      if (text && !(node.valueType === "int" ? WHOLE : NUMBER).test(text)) {
        broken = word(node.valueType === "int" ? "whole" : "number");
        text = "";
      }
    }
    node.setValue(text as never);
    known = node.currentState.instanceValue;
    // What the engine would not keep is not an answer either: a whole number beyond its bounds.
    if (number && text && !known) broken = word("whole");
    filling.answered();
  });
  return {
    element: field,
    fields: () => [field],
    broken: () => broken,
    refresh: () => {
      const now = node.currentState.instanceValue;
      if (now === known) return;
      known = now;
      broken = "";
      field.value = now;
    },
  };
}

/** A field for an answer that is typed. */
export function field(node: AnyInputNode, filling: Filling): Control {
  return node.valueType in MOMENTS ? moment(node, filling) : typed(node, filling);
}

/** A value that is only shown, beside the words of a note. */
export function note(node: AnyNoteNode): Control {
  const value = made("output", "", { class: "note-value" });
  return {
    element: value,
    fields: () => [],
    refresh: () => {
      const text = node.currentState.instanceValue;
      value.hidden = !text;
      if (value.textContent !== text) value.textContent = text;
    },
  };
}

/** One tick. */
export function tick(node: TriggerNode, filling: Filling): Control {
  const line = made("label", "", { class: "pick" });
  const box = made("input", "", { type: "checkbox", class: "form-check-input", id: idOf(node) });
  line.append(box, made("span", word("confirm")));
  box.addEventListener("change", () => {
    node.setValue(box.checked);
    filling.answered();
  });
  return { element: line, fields: () => [box], refresh: () => void (box.checked = node.currentState.value) };
}

/** A place on a scale; it is not answered before somebody has moved it. */
export function scale(node: AnyRangeNode, filling: Filling): Control {
  const { start, end, step } = node.definition.bodyElement.bounds;
  const line = made("div", "", { class: "scale" });
  const slider = made("input", "", { type: "range", id: idOf(node), min: start, max: end, step });
  const shown = made("output", "", { for: slider.id });
  line.append(made("span", start, { class: "quiet" }), slider, made("span", end, { class: "quiet" }), shown);
  const take = (): void => {
    node.setValue(slider.value as never);
    filling.answered();
  };
  slider.value = start;
  slider.addEventListener("input", take);
  // The place where the knob already stands gives no input, neither to a finger nor to a key.
  slider.addEventListener("pointerup", take);
  slider.addEventListener("keyup", (event) => event.key !== "Tab" && event.key !== "Shift" && take());
  return {
    element: line,
    fields: () => [slider],
    refresh: () => {
      const now = node.currentState.instanceValue;
      if (now) slider.value = now;
      shown.textContent = now || word("unset");
      slider.setAttribute("aria-valuetext", now || word("unset"));
    },
  };
}
