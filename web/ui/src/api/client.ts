/** The typed way to the API: the session's cookie, its CSRF token, and refusals as ApiProblem. */
import createClient, { type Middleware } from "openapi-fetch";

import { problemFrom } from "./problem";
import type { paths } from "./schema";

let csrfToken = "";

/** Every changing request carries this token from now on. */
export function rememberCsrfToken(token: string): void {
  csrfToken = token;
}

export function csrfHeader(): Record<string, string> {
  return csrfToken === "" ? {} : { "X-CSRF-Token": csrfToken };
}

const edge: Middleware = {
  onRequest({ request }) {
    if (request.method !== "GET") {
      for (const [name, value] of Object.entries(csrfHeader())) request.headers.set(name, value);
    }
    return request;
  },
  async onResponse({ response }) {
    if (!response.ok) throw await problemFrom(response);
  },
};

export const api = createClient<paths>({
  baseUrl: location.origin,
  credentials: "same-origin",
  // Looked up at the call, so that a test can put a fake server in its place.
  fetch: (request) => globalThis.fetch(request),
});
api.use(edge);

/** The body of an accepted answer; a refusal was thrown before. */
export function body<T>(answer: { data?: T }): T {
  if (answer.data === undefined) throw new Error("The server accepted the request and sent no body.");
  return answer.data;
}

/** A fresh Idempotency-Key. `crypto.randomUUID` is missing on plain http to another machine, so it is not used. */
export function newIdempotencyKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
