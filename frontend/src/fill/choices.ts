// Questions answered by choosing: buttons where the choices are few, a search where they are many, an order.

import type { RankNode, SelectItem, SelectNode } from "@getodk/xforms-engine";
import { made } from "../map-data";
import { finder } from "./finder";
import { idOf, type Control, type Filling } from "./question";
import { say } from "./said";
import { word } from "./page";

/** From how many choices on they are searched rather than all shown. */
const MANY = 20;

/** Several choices at once change what is chosen; one choice replaces it. */
function choose(node: SelectNode, value: string, on: boolean): void {
  if (node.selectType === "select1") node.selectValue(on ? value : null);
  else
    node.selectValues(
      on ? [...node.currentState.value, value] : node.currentState.value.filter((chosen) => chosen !== value),
    );
}

function buttons(node: SelectNode, items: readonly SelectItem[], filling: Filling): Control {
  const one = node.selectType === "select1";
  const element = made("div", "", { class: "picks" });
  const boxes = items.map((item, position) => {
    const line = made("label", "", { class: "pick" });
    const type = one ? "radio" : "checkbox";
    const box = made("input", "", { type, class: "form-check-input", name: idOf(node), id: idOf(node, `-${position}`) });
    const label = made("span");
    line.append(box, label);
    box.addEventListener("change", () => {
      choose(node, item.value, box.checked);
      filling.answered();
    });
    element.append(line);
    return { box, item, label };
  });
  const clear = made("button", word("clear"), { type: "button", class: "btn btn-sm clear" });
  clear.addEventListener("click", () => {
    node.selectValue(null);
    filling.answered();
    boxes[0]?.box.focus();
  });
  if (one) element.append(clear);
  return {
    element,
    fields: () => boxes.map(({ box }) => box),
    refresh: () => {
      const { value, required, readonly } = node.currentState;
      clear.hidden = required || readonly || !value.length;
      for (const { box, item, label } of boxes) {
        box.checked = value.includes(item.value);
        say(label, item.label);
      }
    },
  };
}

/** A choice from a list of any length; the list may change with other answers. */
export function choice(node: SelectNode, filling: Filling): Control {
  const element = made("div");
  let shown: readonly SelectItem[] | undefined;
  let inner: Control | undefined;
  let searched: boolean | undefined;
  const draw = (items: readonly SelectItem[]): void => {
    const search = items.length > MANY || Boolean(node.appearances.autocomplete || node.appearances.minimal);
    if (search && searched) return;
    searched = search;
    inner = search ? finder(node, filling, (value, on) => choose(node, value, on)) : buttons(node, items, filling);
    element.replaceChildren(items.length || search ? inner.element : made("p", word("no_choices"), { class: "quiet" }));
  };
  return {
    element,
    fields: () => inner?.fields() ?? [],
    broken: () => inner?.broken?.() ?? "",
    refresh: () => {
      const items = node.currentState.valueOptions;
      if (items !== shown) draw(items);
      shown = items;
      inner?.refresh();
    },
  };
}

/** Choices put into an order, which stands once somebody has moved one or taken the order as it is. */
export function order(node: RankNode, filling: Filling): Control {
  const element = made("div");
  const list = made("ol", "", { class: "order" });
  const take = made("button", word("order_stands"), { type: "button", class: "btn btn-sm" });
  element.append(list, take);
  const current = (): string[] => {
    const all = node.currentState.valueOptions.map((item) => item.value);
    const put = node.currentState.value.filter((value) => all.includes(value));
    return [...put, ...all.filter((value) => !put.includes(value))];
  };
  const set = (values: readonly string[]): void => {
    node.setValues(values);
    filling.answered();
  };
  take.addEventListener("click", () => set(current()));
  const move = (value: string, by: number): void => {
    const values = current();
    const from = values.indexOf(value);
    values.splice(from, 1);
    values.splice(from + by, 0, value);
    set(values);
    draw();
    const place = list.querySelector<HTMLButtonElement>(`[data-value="${CSS.escape(value)}"] [data-by="${by}"]:enabled`);
    (place ?? list.querySelector<HTMLButtonElement>(`[data-value="${CSS.escape(value)}"] button:enabled`))?.focus();
  };
  let drawn = "";
  const draw = (): void => {
    const values = current();
    const labels = new Map(node.currentState.valueOptions.map((item) => [item.value, item.label.asString]));
    const stamp = JSON.stringify([values, [...labels]]);
    if (stamp === drawn) return;
    drawn = stamp;
    list.replaceChildren(
      ...values.map((value, position) => {
        const label = labels.get(value) ?? value;
        const line = made("li", "", { "data-value": value });
        line.append(made("span", label));
        for (const [by, name] of [[-1, "up"], [1, "down"]] as const) {
          const button = made("button", by < 0 ? "↑" : "↓", { type: "button", class: "btn btn-sm", "data-by": String(by) });
          button.setAttribute("aria-label", word(name, label));
          button.disabled = position + by < 0 || position + by >= values.length;
          button.addEventListener("click", () => move(value, by));
          line.append(button);
        }
        return line;
      }),
    );
  };
  return {
    element,
    fields: () => [],
    refresh: () => {
      draw();
      take.hidden = node.currentState.value.length > 0 || !node.currentState.valueOptions.length;
    },
  };
}
