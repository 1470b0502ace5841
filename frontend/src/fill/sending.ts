// Sending a filled form as OpenRosa asks: the XML and its files, in as many parts as the limit needs, under one
// instanceID. What was not answered is sent again just as it was; only then may something else go under that id.

import { word } from "./page";

export type Outcome =
  /** Taken; `address` is where it is seen. */
  | { sort: "taken"; address: string }
  /** The server has answered that it does not take this: it has not got it. */
  | { sort: "refused"; said: string }
  /** No answer, or none that says what became of it. */
  | { sort: "unknown"; said: string }
  | { sort: "signed-out" };

const PATIENCE = 120_000;
const STATUSES: Record<number, string> = { 403: "not_yours", 404: "form_gone", 409: "conflict", 413: "too_much" };

/** The sentence in an answer: an OpenRosa envelope, a problem in JSON, or none. */
async function sentenceOf(answer: Response): Promise<string> {
  const text = await answer.text().catch(() => "");
  const type = answer.headers.get("Content-Type") ?? "";
  if (type.includes("xml")) {
    const message = new DOMParser().parseFromString(text, "text/xml").getElementsByTagName("message")[0];
    return message?.textContent?.trim() ?? "";
  }
  if (!type.includes("json")) return "";
  try {
    const problem = JSON.parse(text) as { detail?: unknown };
    return typeof problem.detail === "string" ? problem.detail : "";
  } catch {
    return "";
  }
}

/** The token against forged forms; read when it is needed, because signing in anew changes it. */
const token = (): string => /(?:^|; )csrftoken=([^;]*)/.exec(document.cookie)?.[1] ?? "";

async function post(to: string, data: FormData): Promise<Outcome> {
  let answer: Response;
  try {
    const headers = { "X-CSRFToken": token(), "X-OpenRosa-Version": "1.0" };
    const signal = AbortSignal.timeout(PATIENCE);
    answer = await fetch(to, { method: "POST", body: data, headers, redirect: "manual", signal });
  } catch {
    return { sort: "unknown", said: word(navigator.onLine ? "line_broke" : "offline") };
  }
  if (answer.status === 201) {
    // The status alone is the receipt; the rest of the answer may have got lost.
    const { address } = (await answer.json().catch(() => ({ address: "" }))) as { address: string };
    return { sort: "taken", address };
  }
  if (answer.type === "opaqueredirect" || answer.status === 401) return { sort: "signed-out" };
  const said = await sentenceOf(answer);
  if (answer.status >= 500 || answer.status === 429 || answer.status < 300)
    return { sort: "unknown", said: said || word("server_busy") };
  return { sort: "refused", said: said || word(STATUSES[answer.status] ?? "refused") };
}

const NAMED = "instanceID";

/** A random id as XForms write it; it works without TLS too, where browsers offer no ready one. */
function newId(): string {
  const hex = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const parts = [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20)];
  return `uuid:${parts.join("-")}`;
}

const elementOf = (whole: Document, name: string): Element | undefined => whole.getElementsByTagNameNS("*", name)[0];

/** The XML of a filled form as one that replaces what the server has: with its own id, and the id of the other. */
function replacing(xml: string, before: string): string {
  const whole = new DOMParser().parseFromString(xml, "text/xml");
  const instance = elementOf(whole, NAMED);
  if (!instance) return xml;
  const name = instance.tagName.replace(NAMED, "deprecatedID");
  const old = elementOf(whole, "deprecatedID") ?? whole.createElementNS(instance.namespaceURI, name);
  instance.textContent = newId();
  old.textContent = before;
  instance.after(old);
  return new XMLSerializer().serializeToString(whole);
}

/** A filled form on its way: its parts, and the id it goes under. */
export interface Filled {
  id: string;
  parts: FormData[];
  /** Whether the server has some of it. */
  begun: boolean;
}

const XML = "xml_submission_file";

/** The parts that the engine made, ready to be posted; all but the last say that more follows. */
export async function filledOf(data: readonly FormData[], before: string): Promise<Filled> {
  const made = await (data[0]?.get(XML) as File).text();
  const xml = before ? replacing(made, before) : made;
  const id = elementOf(new DOMParser().parseFromString(xml, "text/xml"), NAMED)?.textContent ?? "";
  const parts = data.map((part, position) => {
    const sent = new FormData();
    sent.append(XML, new File([xml], "submission.xml", { type: "text/xml" }));
    for (const [name, value] of part.entries()) if (name !== XML && value instanceof File) sent.append(name, value, name);
    if (position < data.length - 1) sent.append("*isIncomplete*", "yes");
    return sent;
  });
  return { id, parts, begun: false };
}

/** Post what is left of a filled form; each part that was taken is taken off, so that another try goes on from there. */
export async function send(address: string, filled: Filled): Promise<Outcome> {
  for (;;) {
    const outcome = await post(address, filled.parts[0]!);
    if (outcome.sort !== "taken" || filled.parts.length === 1) return outcome;
    filled.parts.shift();
    filled.begun = true;
  }
}
