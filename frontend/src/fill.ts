// The page on which a form is filled in: the same XForm that field apps use, with the engine of ODK behind our own
// controls. What is typed stays in memory: a browser's storage holds no personal data. It is left only after a question.

import { constants, loadForm, type FormLanguage, type LoadFormResult, type RootNode } from "@getodk/xforms-engine";
import "./fill.css";
import { filledOf, send, type Filled, type Outcome } from "./fill/sending";
import type { Filling, Question } from "./fill/question";
import { childViews, type View } from "./fill/tree";
import { soon, watching } from "./fill/watching";
import { addressOf, page, word } from "./fill/page";
import { made } from "./map-data";

const LANGUAGES: Record<string, RegExp> = { zh: /中文|汉语|^zh|chinese/i, en: /english|英文|^en/i };

const { form = "", submit = "", list = "" } = page.dataset;
/** Most bytes of a file, and of one request with everything in it. */
const mostBytes = Number(page.dataset.mostBytes);
const mostAtOnce = Number(page.dataset.mostAtOnce);

/** Whether something was typed that would be lost with the page. */
let unsent = false;
window.addEventListener("beforeunload", (event) => {
  if (unsent) event.preventDefault();
});

/** The form from the server, with its lists; `loadForm` never rejects, our own questions may. */
async function load(): Promise<LoadFormResult> {
  const answer = await fetch(form, { redirect: "error" });
  if (!answer.ok) throw new Error(String(answer.status));
  return loadForm(await answer.text(), {
    fetchFormAttachment: (url) => fetch(addressOf(url)),
    // A list that the server does not have is an empty one; one that did not come is a failure all the same.
    missingResourceBehavior: constants.MISSING_RESOURCE_BEHAVIOR.BLANK,
  });
}

function noted(sort: string, sentence: string, ...rest: HTMLElement[]): HTMLElement {
  const note = made("div", "", { class: `note ${sort}`, role: "alert" });
  note.append(made("p", sentence), ...rest);
  return note;
}

function button(name: string, kind: string, press: () => void): HTMLButtonElement {
  const one = made("button", word(name), { type: "button", class: `btn ${kind}` });
  one.addEventListener("click", press);
  return one;
}

/** Say why the form is not there, with a way to try again. */
function failed(sentence: string, detail = ""): void {
  const note = noted("bad", sentence, button("load_again", "", () => void start()));
  if (detail) note.append(made("p", detail, { class: "fill-detail" }));
  page.replaceChildren(note);
}

async function start(): Promise<void> {
  page.replaceChildren(made("p", word("loading"), { class: "quiet", role: "status" }));
  const loaded = await load().catch(() => null);
  if (!loaded) return failed(word(navigator.onLine ? "not_loaded" : "offline"));
  if (loaded.status === "failure") return failed(word("form_broken"), loaded.error.message);
  fill(loaded);
}

/** The language of the form that is the reader's, where it has one. */
function ownLanguage(languages: readonly FormLanguage[]): FormLanguage | undefined {
  const wanted = LANGUAGES[document.documentElement.lang.slice(0, 2)];
  return languages.find(({ language }) => wanted?.test(language)) ?? languages.find(({ isDefault }) => isDefault);
}

function languageChoice(root: RootNode): HTMLElement[] {
  const languages = root.languages.filter((one): one is FormLanguage => !one.isSyntheticDefault);
  const own = ownLanguage(languages);
  if (own) root.setLanguage(own);
  if (languages.length < 2) return [];
  const box = made("div", "", { class: "fill-language" });
  const select = made("select", "", { class: "form-select", id: "fill-language" });
  select.append(...languages.map(({ language }) => made("option", language.replace(/\s*\(.*\)$/, ""), { value: language })));
  select.value = own?.language ?? "";
  select.addEventListener("change", () => {
    const chosen = languages.find(({ language }) => language === select.value);
    if (chosen) root.setLanguage(chosen);
  });
  box.append(made("label", word("language"), { for: select.id }), select);
  return [box];
}

/** What is wrong, as a list that leads to each question. */
function mistakes(wrong: readonly Question[]): HTMLElement {
  const lines = wrong.map((one) => {
    const line = made("li");
    const group = one.element.closest(".one")?.querySelector("legend")?.textContent;
    const link = made("button", [group, one.label()].filter(Boolean).join(" · "), { type: "button", class: "as-link" });
    link.addEventListener("click", one.focus);
    line.append(link, made("span", word("colon") + one.wrong()));
    return line;
  });
  const all = made("ul");
  all.append(...lines);
  return noted("bad", word("mistakes", wrong.length), all);
}

/** The name under which a file is sent; its own may say whose it is. */
function nameOf({ nodeId, writtenAt, extension }: { nodeId: string; writtenAt: Date; extension: string | null }): string {
  return `${nodeId.slice(5, 13)}-${writtenAt.getTime()}${extension?.toLowerCase() ?? ""}`;
}

/** One filling of the form, from the empty page to the receipt. */
function fill(loaded: Exclude<LoadFormResult, { status: "failure" }>): void {
  let views: Omit<View, "element"> | undefined;
  const change = soon(() => look());
  const { root } = loaded.createInstance({
    stateFactory: watching(change),
    // Field apps name the device; here it is a browser, and no number is kept to know it by.
    preloadProperties: { deviceID: "browser" },
    instanceAttachments: { fileNameFactory: nameOf },
  });
  const sending = journey(root);
  const filling: Filling = {
    tried: false,
    mostBytes,
    answered: () => {
      unsent = true;
      sending.changed();
      change();
    },
  };
  const wrong = (): Question[] => views?.questions().filter((one) => one.wrong()) ?? [];
  /** The list of mistakes while it stands, as its sentences: what has been put right leaves it. */
  let listed: string | null = null;
  const look = (): void => {
    views?.refresh();
    if (listed === null) return;
    const left = wrong();
    const now = left.map((one) => one.label() + one.wrong()).join("\n");
    if (now !== listed) said.replaceChildren(...(left.length ? [mistakes(left)] : []));
    listed = left.length ? now : null;
  };
  const whole = made("form", "", { class: "card fill", autocomplete: "off", novalidate: "" });
  const questions = made("div", "", { class: "fill-questions" });
  const said = made("div");
  const press = made("button", word("send"), { class: "btn btn-primary btn-lg", "data-primary": "" });
  whole.append(...languageChoice(root), questions, said, press);
  views = childViews(root as unknown as Parameters<typeof childViews>[0], questions, filling);
  views.refresh();
  page.replaceChildren(whole);

  whole.addEventListener("keydown", (event) => {
    // One press of Enter in a field is no decision to send.
    const typing = event.target instanceof HTMLInputElement;
    if (event.key === "Enter" && typing && !event.ctrlKey && !event.metaKey) event.preventDefault();
  });
  whole.addEventListener("submit", (event) => {
    event.preventDefault();
    if (!press.disabled) void go();
  });
  const go = async (): Promise<void> => {
    filling.tried = true;
    listed = "";
    look();
    const [first] = wrong();
    if (first) return first.focus();
    press.disabled = questions.inert = true;
    press.textContent = word("sending");
    said.replaceChildren();
    const outcome = await sending.go();
    press.disabled = questions.inert = false;
    press.textContent = word(outcome.sort === "taken" || outcome.sort === "refused" ? "send" : "send_again");
    if (outcome.sort === "taken") return done(outcome.address, () => fill(loaded));
    said.replaceChildren(told(outcome));
    press.focus();
  };
}

/** Why the form was not taken, and what to do; what was typed is still there. */
function told(outcome: Exclude<Outcome, { sort: "taken" }>): HTMLElement {
  if (outcome.sort !== "signed-out")
    return noted(outcome.sort === "refused" ? "bad" : "warn", outcome.said, made("p", word("still_here")));
  const link = made("a", word("sign_in"), { href: page.dataset.signIn ?? "/", target: "_blank", rel: "noopener" });
  return noted("warn", word("signed_out"), link);
}

/** The receipt, with the way to what was sent. */
function done(address: string, again: () => void): void {
  unsent = false;
  const box = made("div", "", { class: "empty", tabindex: "-1" });
  const seen = made("a", word("see_it"), { class: "btn", href: address });
  const back = made("a", word("to_list"), { class: "btn", href: list });
  const buttons = made("div", "", { class: "buttons fill-done" });
  buttons.append(button("another", "btn-primary", again), ...(address ? [seen] : []), back);
  box.append(made("h2", word("taken"), { class: "empty-title" }), made("p", word("taken_what_follows")), buttons);
  page.replaceChildren(box);
  box.focus();
}

/** The way of one filled form to the server, over as many tries as it takes. */
function journey(root: RootNode): { changed: () => void; go: () => Promise<Outcome> } {
  /** What was sent and not answered: the server may have it. */
  let unanswered: Filled | null = null;
  /** The id under which the server has something that a corrected form must replace. */
  let there = "";
  let changed = true;

  const post = async (filled: Filled): Promise<Outcome> => {
    const outcome = await send(submit, filled);
    if (outcome.sort === "taken" || filled.begun) there = filled.id;
    unanswered = outcome.sort === "taken" || outcome.sort === "refused" ? null : filled;
    return outcome;
  };
  const go = async (): Promise<Outcome> => {
    if (unanswered) {
      const outcome = await post(unanswered);
      if (!changed || unanswered) return outcome;
    }
    const payload = await root.prepareInstancePayload({ payloadType: "chunked", maxSize: mostAtOnce });
    if (payload.status !== "ready") {
      const violations = "violations" in payload && payload.violations ? payload.violations : [];
      const sentences = violations.map((one) => ("violation" in one ? (one.violation.message?.asString ?? "") : one.fileName));
      return { sort: "refused", said: [word("not_ready"), ...sentences].join(" ").trim() };
    }
    changed = false;
    return post(await filledOf(payload.data, there));
  };
  return { changed: () => void (changed = true), go };
}

void start();
