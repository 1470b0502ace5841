// Choosing a village by name: the list comes from the server, the keys work as in any combobox.

function options(list: HTMLElement): HTMLElement[] {
  return [...list.querySelectorAll<HTMLElement>("[data-code]")];
}

function startCombo(box: HTMLElement): void {
  const address = box.dataset.combo;
  const input = box.querySelector<HTMLInputElement>("input[role=combobox]");
  const code = box.querySelector<HTMLInputElement>("input[type=hidden]");
  const list = box.querySelector<HTMLElement>("[role=listbox]");
  if (!address || !input || !code || !list) return;
  let waiting = 0;
  let asked = 0;

  const close = (): void => {
    list.hidden = true;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  };
  const choose = (option: HTMLElement): void => {
    input.value = option.dataset.name ?? "";
    code.value = option.dataset.code ?? "";
    close();
  };
  const point = (step: number): void => {
    const all = options(list);
    if (!all.length) return;
    const at = all.findIndex((option) => option.getAttribute("aria-selected") === "true");
    const next = all[(at + step + all.length) % all.length] ?? all[0];
    all.forEach((option) => option.setAttribute("aria-selected", String(option === next)));
    if (next) {
      input.setAttribute("aria-activedescendant", next.id);
      next.scrollIntoView({ block: "nearest" });
    }
  };
  const ask = async (): Promise<void> => {
    const turn = ++asked;
    const text = input.value.trim();
    if (!text) return close();
    const answer = await fetch(`${address}&q=${encodeURIComponent(text)}`, { headers: { "HX-Request": "true" } });
    // An older question may be answered late; only the last one counts.
    if (turn !== asked || !answer.ok) return;
    list.innerHTML = await answer.text();
    list.hidden = false;
    input.setAttribute("aria-expanded", "true");
    point(1);
  };

  input.addEventListener("input", () => {
    code.value = "";
    clearTimeout(waiting);
    waiting = window.setTimeout(() => void ask(), 150);
  });
  input.addEventListener("keydown", (event) => {
    if (list.hidden) return;
    if (event.key === "ArrowDown") point(1);
    else if (event.key === "ArrowUp") point(-1);
    else if (event.key === "Escape") close();
    else if (event.key === "Enter") {
      const chosen = options(list).find((option) => option.getAttribute("aria-selected") === "true");
      if (chosen) choose(chosen);
      else return;
    } else return;
    event.preventDefault();
    event.stopPropagation();
  });
  list.addEventListener("mousedown", (event) => {
    const option = (event.target as HTMLElement).closest<HTMLElement>("[data-code]");
    if (option) choose(option);
    event.preventDefault();
  });
  input.addEventListener("blur", () => window.setTimeout(close, 100));
}

export function startCombos(): void {
  document.querySelectorAll<HTMLElement>("[data-combo]").forEach(startCombo);
}
