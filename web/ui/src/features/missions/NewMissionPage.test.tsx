import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";

import { violations } from "../../testing/accessibility";
import { missionDetail, settings, status } from "../../testing/examples";
import { refusal, withFakeServer } from "../../testing/fakeServer";
import { show } from "../../testing/show";
import { NewMissionPage } from "./NewMissionPage";

const server = withFakeServer();
const IMPORT = {
  id: "i1",
  filename: "leads.csv",
  state: "done",
  encoding: "utf-8",
  columns: { Email: "email" },
  rows: 3,
  created: 2,
  merged: 0,
  rejected: 1,
  rejections: [{ line: 3, column: "Email", value: "nobody", reason: "not an e-mail address" }],
  rejections_url: "/api/rex/leads/imports/i1/rejections",
  created_at: "2026-11-20T06:30:00Z",
};

function open() {
  server.current
    .on("GET /status", status())
    .on("GET /settings", settings())
    .on("GET /leads/imports", { items: [], next_cursor: null })
    .on("POST /leads/import", IMPORT)
    .on("POST /missions", missionDetail());
  return show(<NewMissionPage />, { at: "/missions/new", path: "/missions/new" });
}

async function fillIn() {
  await userEvent.upload(await screen.findByLabelText("CSV file"), new File(["Email\na@b.c"], "leads.csv"));
  await screen.findByText("leads.csv is in");
  await userEvent.clear(screen.getByLabelText("What do you offer?"));
  await userEvent.type(screen.getByLabelText("What do you offer?"), "A ranked list.");
}

test("an uploaded list, an offer and a sender become a mission", async () => {
  const { container } = open();
  await fillIn();
  expect(await violations(container)).toEqual([]);
  await userEvent.click(screen.getByRole("button", { name: "Start the mission" }));
  expect(await screen.findByText("Another page")).toBeVisible();
  expect(JSON.parse(server.current.requests("POST /missions")[0]?.body ?? "")).toMatchObject({
    type: "lead_reactivation",
    audience: { import_id: "i1" },
    offer: "A ranked list.",
    sender: { name: "Anna", email: "anna@example.org", postal_address: "Harbour 1" },
  });
});

test("the import says what became of every row", async () => {
  open();
  await fillIn();
  expect(screen.getByText(/3 rows: 2 new, 0 merged into people already known, 1 rejected/)).toBeVisible();
  expect(screen.getByText(/Line 3, Email: not an e-mail address/)).toBeInTheDocument();
});

test("a file that cannot be read is refused with the place and what would be right", async () => {
  open();
  server.current.on("POST /leads/import", () =>
    refusal(422, "no_email_column", "No column holds e-mail addresses.", {
      errors: [{ where: "line 1", what: "no e-mail column", expected: 'a column such as "Email"' }],
    }),
  );
  await userEvent.upload(await screen.findByLabelText("CSV file"), new File(["x"], "leads.csv"));
  expect(await screen.findByRole("alert")).toHaveTextContent('line 1 no e-mail column; expected a column such as "Email"');
  expect(screen.getByRole("button", { name: "Start the mission" })).toBeDisabled();
});

test("a second attempt at the same mission carries the same idempotency key", async () => {
  open();
  server.current.on("POST /missions", () => refusal(503, "unavailable", "Postgres does not answer."));
  await fillIn();
  await userEvent.click(screen.getByRole("button", { name: "Start the mission" }));
  expect(await screen.findByText("Postgres does not answer.")).toBeVisible();
  server.current.on("POST /missions", missionDetail());
  await userEvent.click(screen.getByRole("button", { name: "Start the mission" }));
  await screen.findByText("Another page");
  const keys = server.current.requests("POST /missions").map(({ headers }) => headers.get("Idempotency-Key"));
  expect(keys).toHaveLength(2);
  expect(new Set(keys).size).toBe(1);
});

test("everybody is a choice too", async () => {
  open();
  await userEvent.click(await screen.findByLabelText("Everybody (200 leads)"));
  await userEvent.click(screen.getByRole("button", { name: "Start the mission" }));
  await screen.findByText("Another page");
  expect(JSON.parse(server.current.requests("POST /missions")[0]?.body ?? "")).toMatchObject({ audience: { all: true } });
});
