import { expect, test } from "vitest";

import { reachable } from "./address";

test("the name in the address bar is kept, because the session's cookie belongs to it", () => {
  expect(reachable("http://127.0.0.1:8801", { hostname: "localhost" })).toBe("http://localhost:8801");
});

test("a server elsewhere stays where it is", () => {
  expect(reachable("https://live.example.org/", { hostname: "localhost" })).toBe("https://live.example.org");
  expect(reachable("http://127.0.0.1:8801", { hostname: "rex.example.org" })).toBe("http://127.0.0.1:8801");
});

test("a server that listens everywhere is where the page came from", () => {
  expect(reachable("http://0.0.0.0:5555", { hostname: "rex.example.org" })).toBe("http://rex.example.org:5555");
});
