/** Whether axe finds anything wrong. Colours are judged in the browser test: jsdom has no layout. */
import axe from "axe-core";

export async function violations(container: Element): Promise<string[]> {
  const { violations: found } = await axe.run(container, { rules: { "color-contrast": { enabled: false }, region: { enabled: false } } });
  return found.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html}`));
}
