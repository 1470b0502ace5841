// Small conveniences of forms. Each form works without them.

/** Forms somebody has typed into since the page was shown. */
const touched = new WeakSet<HTMLFormElement>();

/** Whether something typed would be lost if this part of the page were replaced. */
export function isBusy(part: Element): boolean {
  const active = document.activeElement;
  const writing = active instanceof HTMLElement && active.matches("input:not([type=hidden]), textarea, select");
  if (writing && part.contains(active)) return true;
  return [...part.querySelectorAll("form")].some((form) => touched.has(form));
}

/**
 * A browser writes to disk what was typed and what was sent, so as to bring its tabs back one day. Of forms that may tell
 * of people it is to keep neither: what is typed is marked as not to be kept, an answer forgets what it answers.
 */
function leaveNothing(): void {
  document.addEventListener("focusin", (event) => {
    const form = (event.target as HTMLInputElement).form;
    if (form?.method === "post") form.autocomplete = "off";
  });
  const { answer, page } = document.documentElement.dataset;
  if (answer !== undefined) history.replaceState(null, "", page ?? location.href);
}

/** Buttons that copy a field; where no script runs there are none, and the field is copied by hand. */
function offerCopies(): void {
  document.querySelectorAll<HTMLButtonElement>("[data-copy]").forEach((button) => {
    button.hidden = false;
    button.addEventListener("click", () => {
      const field = document.getElementById(button.dataset.copy ?? "") as HTMLInputElement;
      field.select();
      // Over plain HTTP, as on a desk's own network, browsers give no clipboard but this.
      const copied = navigator.clipboard?.writeText(field.value) ?? Promise.resolve(void document.execCommand("copy"));
      void copied.then(() => (button.textContent = button.dataset.done ?? ""));
    });
  });
}

/** Of a long list of boxes leave those with the words that were typed, and those that are ticked. */
function narrow(typed: HTMLInputElement): void {
  const wanted = typed.value.trim().toLowerCase().split(/\s+/);
  document.querySelectorAll<HTMLElement>(`#${CSS.escape(typed.dataset.narrows ?? "")} label`).forEach((line) => {
    const text = (line.textContent ?? "").toLowerCase();
    line.hidden = !line.querySelector(":checked") && !wanted.every((word) => text.includes(word));
  });
}

export function startForms(): void {
  leaveNothing();
  offerCopies();
  document.addEventListener("input", (event) => {
    const place = event.target as HTMLInputElement;
    if (place.dataset.narrows) narrow(place);
    const form = place.closest("form");
    if (form) touched.add(form);
  });
  document.addEventListener("change", (event) => {
    const place = event.target as HTMLElement;
    if (place.matches("[data-submit]")) place.closest("form")?.requestSubmit();
  });
  // One click, one report: the button rests while the form is on its way. The server would not mind.
  document.addEventListener("submit", (event) => {
    const form = event.target as HTMLFormElement;
    if (form.method !== "post" || form.hasAttribute("hx-post")) return;
    window.setTimeout(() => form.querySelectorAll("button").forEach((button) => (button.disabled = true)), 0);
    window.setTimeout(() => form.querySelectorAll("button").forEach((button) => (button.disabled = false)), 8000);
  });
  document.addEventListener("click", (event) => {
    const place = (event.target as HTMLElement).closest<HTMLElement>("[data-choose], [data-open]");
    if (place?.dataset.choose) choose(place.dataset.choose, place.dataset.value ?? "");
    if (place?.dataset.open) (document.getElementById(place.dataset.open) as HTMLDialogElement | null)?.showModal();
    document.querySelectorAll<HTMLDetailsElement>(".top details[open]").forEach((menu) => {
      if (!menu.contains(event.target as Node)) menu.open = false;
    });
  });
  document.addEventListener("keydown", (event) => {
    const menu = document.querySelector<HTMLDetailsElement>(".top details[open]");
    if (event.key === "Escape" && menu) {
      menu.open = false;
      menu.querySelector("summary")?.focus();
    }
    if (event.altKey && /^[1-9]$/.test(event.key)) {
      const picked = document.querySelector<HTMLButtonElement>(`button[data-pick="${event.key}"]`);
      if (picked) event.preventDefault();
      picked?.click();
    }
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      (event.target as HTMLElement).closest("form")?.requestSubmit();
    }
  });
}

function choose(id: string, value: string): void {
  const select = document.getElementById(id) as HTMLSelectElement | null;
  if (!select) return;
  select.value = value;
  select.dispatchEvent(new Event("change", { bubbles: true }));
  select.focus();
}
