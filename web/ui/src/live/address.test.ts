import { expect, test } from "vitest";

import { liveAddress } from "./address";

test("the name in the address bar is kept, because the session's cookie belongs to it", () => {
  expect(liveAddress("http://127.0.0.1:8801", { hostname: "localhost" })).toBe("http://localhost:8801");
});

test("a live server elsewhere stays where it is", () => {
  expect(liveAddress("https://live.example.org/", { hostname: "localhost" })).toBe("https://live.example.org");
  expect(liveAddress("http://127.0.0.1:8801", { hostname: "rex.example.org" })).toBe("http://127.0.0.1:8801");
});
