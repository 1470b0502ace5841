// Talking to the server: an answer, a refusal in words, no connection, or a sign-in that is over.

export type Told<T> = { sort: "done"; said: T } | { sort: "refused"; why: string } | { sort: "away" } | { sort: "signed-out" };

const PATIENCE = 15_000;

/** The token against forged forms; read when it is needed, because signing in anew changes it. */
const token = (): string => /(?:^|; )csrftoken=([^;]*)/.exec(document.cookie)?.[1] ?? "";

export async function post<T>(to: string, body: unknown): Promise<Told<T>> {
  const form = body instanceof FormData;
  let answer: Response;
  try {
    const headers: Record<string, string> = { "X-CSRFToken": token(), Accept: "application/json" };
    if (!form) headers["Content-Type"] = "application/json";
    const signal = AbortSignal.timeout(PATIENCE);
    answer = await fetch(to, { method: "POST", body: form ? body : JSON.stringify(body), headers, redirect: "manual", signal, keepalive: !form });
  } catch {
    return { sort: "away" };
  }
  if (answer.type === "opaqueredirect" || answer.status === 401) return { sort: "signed-out" };
  const said = (await answer.json().catch(() => null)) as (T & { detail?: string }) | null;
  if (answer.ok && said) return { sort: "done", said };
  // A token that has changed since, or a server that cannot answer now: nothing has become of it, so it is sent again.
  if (answer.status === 403 && !said?.detail) return { sort: "signed-out" };
  if (answer.status >= 500 || answer.status === 429 || !said?.detail) return { sort: "away" };
  return { sort: "refused", why: said.detail };
}

/** A random key; it works without TLS too, where browsers offer no ready one. */
export function newKey(): string {
  const hex = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20)}`;
}
