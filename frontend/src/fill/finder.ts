// A search over a long list of choices that is already here: type a few letters, the keys work as in any combobox.

import type { SelectItem, SelectNode } from "@getodk/xforms-engine";
import { made } from "../map-data";
import { idOf, type Control, type Filling } from "./question";
import { word } from "./page";

/** How many finds are listed; who looks for one of thousands types another letter rather than scroll. */
const SHOWN = 50;

const plain = (text: string): string => text.normalize("NFKC").toLowerCase();

/** The choices that hold the text, those beginning with it first. */
function found(items: readonly SelectItem[], text: string): SelectItem[] {
  const wanted = plain(text.trim());
  const starting: SelectItem[] = [];
  const holding: SelectItem[] = [];
  for (const item of items) {
    const at = wanted ? plain(item.label.asString).indexOf(wanted) : 0;
    if (at === 0) starting.push(item);
    else if (at > 0 || plain(item.value) === wanted) holding.push(item);
  }
  return [...starting, ...holding];
}

export function finder(node: SelectNode, filling: Filling, choose: (value: string, on: boolean) => void): Control {
  const one = node.selectType === "select1";
  const element = made("div", "", { class: "combo finder" });
  const chosen = made("ul", "", { class: "chosen" });
  const input = made("input", "", { type: "text", class: "form-control", id: idOf(node), role: "combobox" });
  const list = made("ul", "", { class: "combo-list", id: idOf(node, "-list"), role: "listbox" });
  const count = made("p", "", { class: "visually-hidden", role: "status" });
  input.autocomplete = "off";
  input.placeholder = word("find");
  input.setAttribute("aria-autocomplete", "list");
  input.setAttribute("aria-expanded", "false");
  input.setAttribute("aria-controls", list.id);
  input.setAttribute("aria-labelledby", idOf(node, "-label"));
  list.setAttribute("aria-label", word("choices"));
  list.hidden = true;
  element.append(...(one ? [] : [chosen]), input, list, count);

  let finds: SelectItem[] = [];
  let pointed = -1;
  const labelOf = (value: string): string => node.getValueOption(value)?.label.asString ?? value;
  const settled = (): string => (one && node.currentState.value[0] ? labelOf(node.currentState.value[0]) : "");

  const close = (): void => {
    list.hidden = true;
    pointed = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  };
  const point = (to: number): void => {
    pointed = finds.length ? (to + finds.length) % finds.length : -1;
    [...list.querySelectorAll("[role=option]")].forEach((option, position) => {
      option.setAttribute("aria-selected", String(position === pointed));
      if (position !== pointed) return;
      input.setAttribute("aria-activedescendant", option.id);
      option.scrollIntoView({ block: "nearest" });
    });
  };
  const open = (text: string): void => {
    const all = found(node.currentState.valueOptions, text);
    finds = all.slice(0, SHOWN);
    const lines = finds.map((item, position) => {
      const picked = node.isSelected(item.value);
      const option = made("li", item.label.asString, { role: "option", id: idOf(node, `-option-${position}`) });
      if (picked) option.append(made("small", word("picked")));
      option.addEventListener("mousedown", (event) => {
        event.preventDefault();
        pick(position);
      });
      return option;
    });
    const more = all.length > finds.length ? word("more_finds", all.length) : "";
    count.textContent = all.length ? more || word("finds", all.length) : word("no_finds");
    const last = more || (all.length ? "" : word("no_finds"));
    list.replaceChildren(...lines, ...(last ? [made("li", last, { class: "none", role: "presentation" })] : []));
    list.hidden = false;
    input.setAttribute("aria-expanded", "true");
    point(0);
  };
  const pick = (position: number): void => {
    const item = finds[position];
    if (!item) return;
    choose(item.value, one || !node.isSelected(item.value));
    close();
    input.value = settled();
    filling.answered();
  };

  input.addEventListener("input", () => open(input.value));
  input.addEventListener("click", () => list.hidden && open(""));
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown") list.hidden ? open("") : point(pointed + 1);
    else if (event.key === "ArrowUp") point(pointed - 1);
    else if (event.key === "Enter" && !list.hidden) pick(pointed);
    else if (event.key === "Escape" && !list.hidden) {
      close();
      input.value = settled();
    } else return;
    event.preventDefault();
  });
  input.addEventListener("blur", () => {
    close();
    // An emptied field takes the answer back; anything else that was not picked gives way to what is chosen.
    if (one && !input.value.trim() && node.currentState.value.length) {
      node.selectValue(null);
      filling.answered();
    }
    input.value = settled();
  });

  let known = "";
  return {
    element,
    fields: () => [input],
    refresh: () => {
      const stamp = JSON.stringify(node.currentState.value.map((value) => [value, labelOf(value)]));
      if (stamp === known) return;
      known = stamp;
      if (one) input.value = settled();
      chosen.replaceChildren(
        ...node.currentState.value.map((value) => {
          const line = made("li", labelOf(value));
          const drop = made("button", "×", { type: "button", "aria-label": word("drop", labelOf(value)) });
          drop.addEventListener("click", () => {
            choose(value, false);
            filling.answered();
            input.focus();
          });
          line.append(drop);
          return line;
        }),
      );
    },
  };
}
