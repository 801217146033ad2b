/** A stand-in for the API: answers by method and path, and keeps what it was asked. */
import { afterEach, beforeEach } from "vitest";

export interface Asked {
  method: string;
  path: string;
  query: URLSearchParams;
  headers: Headers;
  body: string;
}

type Answer = object | ((asked: Asked) => object | Promise<object>);

export class FakeServer {
  readonly asked: Asked[] = [];
  readonly #answers = new Map<string, Answer>();

  /** `on("GET /status", {...})`; a later answer replaces an earlier one. */
  on(route: string, answer: Answer): this {
    this.#answers.set(route, answer);
    return this;
  }

  requests(route: string): Asked[] {
    return this.asked.filter(({ method, path }) => `${method} ${path}` === route);
  }

  fetch = async (input: RequestInfo | URL, init?: RequestInit): Promise<Response> => {
    const request = input instanceof Request ? input : new Request(new URL(input, location.origin), init);
    const url = new URL(request.url);
    const asked = {
      method: request.method,
      path: url.pathname.replace("/api/rex", ""),
      query: url.searchParams,
      headers: request.headers,
      body: await request.text(),
    };
    this.asked.push(asked);
    const answer = this.#answers.get(`${asked.method} ${asked.path}`);
    if (answer === undefined) return refusal(404, "not_found", `There is no ${asked.method} ${asked.path}.`);
    const given = typeof answer === "function" ? await (answer as (asked: Asked) => object | Promise<object>)(asked) : answer;
    return given instanceof Response ? given : Response.json(given);
  };
}

export function refusal(status: number, code: string, detail: string, more: object = {}): Response {
  return Response.json({ type: code, title: "Refused", status, code, detail, ...more }, { status });
}

/** A fresh server for each test of the file, in the place of the network. */
export function withFakeServer(): { readonly current: FakeServer } {
  const holder = { current: new FakeServer() };
  const real = globalThis.fetch;
  beforeEach(() => {
    holder.current = new FakeServer();
    globalThis.fetch = holder.current.fetch;
  });
  afterEach(() => {
    globalThis.fetch = real;
  });
  return holder;
}
