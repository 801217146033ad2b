import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";

import { violations } from "../../testing/accessibility";
import { mission } from "../../testing/examples";
import { withFakeServer } from "../../testing/fakeServer";
import { show } from "../../testing/show";
import { MissionsPage } from "./MissionsPage";

const server = withFakeServer();

test("the next page is fetched with the cursor of the last", async () => {
  server.current.on("GET /missions", ({ query }) =>
    query.get("cursor") === "c2"
      ? { items: [mission({ id: "m2", name: "September list" })], next_cursor: null }
      : { items: [mission()], next_cursor: "c2" },
  );
  const { container } = show(<MissionsPage />, { at: "/missions" });
  await userEvent.click(await screen.findByRole("button", { name: "Show more" }));
  expect(await screen.findByRole("link", { name: "September list" })).toHaveAttribute("href", "/missions/m2");
  expect(screen.getByRole("link", { name: "October list" })).toBeVisible();
  expect(screen.queryByRole("button", { name: "Show more" })).toBeNull();
  expect(await violations(container)).toEqual([]);
});

test("the state in the address is the filter, and an empty one offers a way out", async () => {
  server.current.on("GET /missions", { items: [], next_cursor: null });
  show(<MissionsPage />, { at: "/missions?state=failed" });
  expect(await screen.findByText("No mission is failed")).toBeVisible();
  expect(server.current.requests("GET /missions")[0]?.query.get("state")).toBe("failed");
  expect(screen.getByRole("button", { name: "Failed" })).toHaveAttribute("aria-pressed", "true");
});
