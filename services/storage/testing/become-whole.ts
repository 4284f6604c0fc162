import assert from "node:assert/strict";
import { eventually } from "@swarmpost/testkit";
import type { TestNode } from "./test-node.ts";

/** How long hand-offs may take on a busy machine. */
export const patience = { timeoutMs: 30_000 };

/** What a node says of its own data: `whole`, `behind` or `blank`. */
export function stateOf(node: TestNode): string {
  return node.service.node.whole.ownState;
}

/** Waits until all of these have all that they should. */
export async function becomeWhole(nodes: readonly TestNode[]): Promise<void> {
  const whole = nodes.map(() => "whole");
  await eventually(() => assert.deepEqual(nodes.map(stateOf), whole), patience);
}
