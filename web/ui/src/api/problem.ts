/** What the API answers when it refuses (RFC 9457), as an error that the screen can show. */

export interface ProblemDetail {
  readonly where: string;
  readonly what: string;
  readonly expected: string | null;
}

export class ApiProblem extends Error {
  readonly status: number;
  readonly code: string;
  readonly title: string;
  readonly action: string | null;
  readonly details: readonly ProblemDetail[];

  constructor(status: number, body: Record<string, unknown>) {
    super(text(body.detail) ?? `The server answered ${status}.`);
    this.name = "ApiProblem";
    this.status = status;
    this.code = text(body.code) ?? "unknown";
    this.title = text(body.title) ?? "The request was refused";
    this.action = text(body.action);
    this.details = Array.isArray(body.errors) ? body.errors.filter(isRecord).map(detail) : [];
  }
}

/** Any failure as a problem: a refusal as it came, everything else as "REX does not answer". */
export function asProblem(error: unknown): ApiProblem {
  if (error instanceof ApiProblem) return error;
  return new ApiProblem(0, {
    title: "REX does not answer",
    detail: "The server could not be reached.",
    action: "Check that REX is running (make up, or rex doctor). This page tries again by itself.",
    code: "unreachable",
  });
}

/** Reads the body of a refused response, whatever is in it. */
export async function problemFrom(response: Response): Promise<ApiProblem> {
  const body: unknown = await response.json().catch(() => null);
  return new ApiProblem(response.status, isRecord(body) ? body : {});
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function text(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}

function detail(value: Record<string, unknown>): ProblemDetail {
  return { where: text(value.where) ?? "", what: text(value.what) ?? "", expected: text(value.expected) };
}
