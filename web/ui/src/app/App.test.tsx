import { QueryClientProvider } from "@tanstack/react-query";
import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";

import { violations } from "../testing/accessibility";
import { session, settings, status } from "../testing/examples";
import { refusal, withFakeServer } from "../testing/fakeServer";
import { App } from "./App";
import { createQueryClient } from "./queryClient";

const server = withFakeServer();

function open() {
  server.current
    .on("GET /status", status())
    .on("GET /settings", settings())
    .on("GET /agents/status", { items: [] })
    .on("GET /missions", { items: [], next_cursor: null });
  return render(
    <QueryClientProvider client={createQueryClient()}>
      <App />
    </QueryClientProvider>,
  );
}

test("who is not signed in is asked for a key, and lands on the overview with it", async () => {
  server.current.on("GET /session", () => refusal(401, "not_signed_in", "No session.")).on("POST /session", session());
  const { container } = open();
  await userEvent.type(await screen.findByLabelText("API key"), "rex_abc_secret ");
  expect(await violations(container)).toEqual([]);
  await userEvent.click(screen.getByRole("button", { name: "Sign in" }));
  expect(await screen.findByRole("heading", { name: "Overview" })).toBeVisible();
  expect(server.current.requests("POST /session")[0]?.body).toBe(JSON.stringify({ api_key: "rex_abc_secret" }));
});

test("e-mail and password do as well", async () => {
  server.current.on("GET /session", () => refusal(401, "not_signed_in", "No session.")).on("POST /session", session());
  open();
  await userEvent.click(await screen.findByRole("button", { name: "E-mail and password" }));
  await userEvent.type(screen.getByLabelText("E-mail"), "anna@example.org");
  await userEvent.type(screen.getByLabelText("Password"), " pass word ");
  await userEvent.click(screen.getByRole("button", { name: "Sign in" }));
  await screen.findByRole("heading", { name: "Overview" });
  expect(JSON.parse(server.current.requests("POST /session")[0]?.body ?? "")).toEqual({
    email: "anna@example.org",
    password: " pass word ",
  });
});

test("a refused key says why and what to do", async () => {
  server.current
    .on("GET /session", () => refusal(401, "not_signed_in", "No session."))
    .on("POST /session", () => refusal(401, "bad_key", "This key was revoked.", { action: "Make a new one." }));
  open();
  await userEvent.type(await screen.findByLabelText("API key"), "rex_x_y");
  await userEvent.click(screen.getByRole("button", { name: "Sign in" }));
  expect(await screen.findByRole("alert")).toHaveTextContent("This key was revoked.Make a new one.");
});

test("a one-time link signs in by itself and leaves the address bar", async () => {
  history.replaceState(null, "", "/#sign-in=once-only");
  server.current.on("GET /session", () => refusal(401, "not_signed_in", "No session.")).on("POST /session", session());
  open();
  expect(await screen.findByRole("heading", { name: "Overview" })).toBeVisible();
  expect(location.hash).toBe("");
  expect(server.current.requests("POST /session")[0]?.body).toBe(JSON.stringify({ link_token: "once-only" }));
});

test("a one-time link wins over the question who is signed in, asked before it and answered after it", async () => {
  history.replaceState(null, "", "/#sign-in=once-only");
  let answer: (refused: Response) => void = () => undefined;
  const late = new Promise<Response>((resolve) => (answer = resolve));
  server.current.on("GET /session", () => late).on("POST /session", session());
  open();
  expect(await screen.findByRole("heading", { name: "Overview" })).toBeVisible();
  answer(refusal(401, "not_signed_in", "No session."));
  await expect(screen.findByLabelText("API key", {}, { timeout: 300 })).rejects.toThrow();
  expect(screen.getByRole("heading", { name: "Overview" })).toBeVisible();
});

test("a session that ends while the page is open leads back to the sign-in page", async () => {
  server.current.on("GET /session", session());
  open();
  await screen.findByRole("heading", { name: "Overview" });
  server.current.on("GET /leads/imports", () => refusal(401, "not_signed_in", "The session has ended."));
  await userEvent.click(screen.getByRole("link", { name: "New mission" }));
  expect(await screen.findByLabelText("API key")).toBeVisible();
});

test("signing out carries the CSRF token and forgets what was on the screen", async () => {
  server.current.on("GET /session", session()).on("DELETE /session", () => new Response(null, { status: 204 }));
  open();
  await userEvent.click(await screen.findByRole("button", { name: "Sign out" }));
  expect(await screen.findByLabelText("API key")).toBeVisible();
  expect(server.current.requests("DELETE /session")[0]?.headers.get("X-CSRF-Token")).toBe("csrf-1");
});

test("letters go to pages, except while somebody types", async () => {
  server.current.on("GET /session", session());
  open();
  await screen.findByRole("heading", { name: "Overview" });
  await userEvent.keyboard("gm");
  expect(await screen.findByRole("heading", { name: "Missions", level: 1 })).toBeVisible();
  await userEvent.keyboard("n");
  await userEvent.type(await screen.findByLabelText(/What do you offer/), "go n");
  expect(screen.getByRole("heading", { name: "New mission" })).toBeVisible();
});
