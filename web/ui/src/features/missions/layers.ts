/** Puts the steps of a plan into columns: a step stands right of everything it waits for. */

interface Node {
  readonly key: string;
  readonly depends_on: readonly string[];
}

/** Steps on a circle, or waiting for a step that is not there, end in the last column instead of hanging the page. */
export function layersOf<S extends Node>(steps: readonly S[]): S[][] {
  const layers: S[][] = [];
  const placed = new Set<string>();
  let rest = [...steps];
  while (rest.length > 0) {
    const ready = rest.filter((step) => step.depends_on.every((key) => placed.has(key)));
    const layer = ready.length > 0 ? ready : rest;
    layers.push(layer);
    for (const step of layer) placed.add(step.key);
    rest = rest.filter((step) => !placed.has(step.key));
  }
  return layers;
}
