// The keyboard: one letter each, never while somebody is writing.

function rows(): HTMLElement[] {
  return [...document.querySelectorAll<HTMLElement>("[data-row]")];
}

function step(by: number): void {
  const all = rows();
  const at = all.indexOf(document.activeElement as HTMLElement);
  const next = at < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(Math.max(at + by, 0), all.length - 1);
  all[next]?.focus();
  all[next]?.scrollIntoView({ block: "nearest" });
}

function toAction(): void {
  const next = document.querySelector("#next, form.card");
  const first = next?.querySelector<HTMLElement>("select, textarea, input:not([type=hidden]), [data-primary]");
  first?.focus();
  first?.scrollIntoView({ block: "center" });
}

const go = (to: string): void => {
  const link = document.querySelector<HTMLAnchorElement>(`a.to-${to}`);
  if (link) location.href = link.href;
};

const KEYS: Record<string, () => void> = {
  n: () => go("intake"),
  q: () => go("queue"),
  j: () => step(1),
  k: () => step(-1),
  a: toAction,
  "/": () => document.getElementById("search")?.focus(),
  "?": () => (document.getElementById("keys") as HTMLDialogElement | null)?.showModal(),
};

export function startKeys(): void {
  document.addEventListener("keydown", (event) => {
    const place = event.target as HTMLElement;
    const writing = place.matches("input, textarea, select, [contenteditable]");
    if (event.key === "Escape" && writing) place.blur();
    if (writing || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    const run = KEYS[event.key];
    if (!run) return;
    event.preventDefault();
    run();
  });
}
