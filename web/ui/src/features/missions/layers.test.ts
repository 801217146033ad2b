import { expect, test } from "vitest";

import { layersOf } from "./layers";

const node = (key: string, ...depends_on: string[]) => ({ key, depends_on });
const keysOf = (layers: { key: string }[][]) => layers.map((layer) => layer.map((step) => step.key));

test("a step stands right of everything it waits for", () => {
  const plan = [node("send", "comply", "check"), node("comply", "write"), node("check", "write"), node("write")];
  expect(keysOf(layersOf(plan))).toEqual([["write"], ["comply", "check"], ["send"]]);
});

test("a circle ends in the last column", () => {
  expect(keysOf(layersOf([node("a"), node("b", "c"), node("c", "b")]))).toEqual([["a"], ["b", "c"]]);
});

test("a plan without steps has no columns", () => {
  expect(layersOf([])).toEqual([]);
});
