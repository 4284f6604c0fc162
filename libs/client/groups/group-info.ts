import type { BValue } from "@swarmpost/encoding";
import type { ConfigDict } from "../config/config-diff.ts";
import { ClientError } from "../client-error.ts";

/** libsession's limits, bytes. */
const MAX_NAME = 100;
const MAX_DESCRIPTION = 600;

/** What a group is called. */
export interface GroupInfo {
  /** Empty when an admin has given none yet. */
  readonly name: string;
  readonly description: string;
  /** When it was made, unix ms; absent when its maker did not say. */
  readonly createdMs?: number;
  /** An admin has ended the group: nobody shall write any more. */
  readonly ended: boolean;
}

/** What an admin can change. */
export type GroupInfoChange = Partial<Pick<GroupInfo, "name" | "description">>;

/** Reads the info config: `n` name, `o` description, `c` creation (unix s), `!` ended. */
export function readInfo(data: ConfigDict): GroupInfo {
  const created = numberOf(data.get("c"));
  return {
    name: textOf(data.get("n")),
    description: textOf(data.get("o")),
    ...(created === 0 ? {} : { createdMs: created * 1000 }),
    ended: numberOf(data.get("!")) > 0,
  };
}

/** Writes changes into the info config; an empty text takes the value away. Throws ClientError "message-too-long". */
export function writeInfo(data: ConfigDict, { name, description }: GroupInfoChange): void {
  if (name !== undefined) setText(data, "n", { what: "name", text: name, most: MAX_NAME });
  if (description !== undefined) setText(data, "o", { what: "description", text: description, most: MAX_DESCRIPTION });
}

/** Writes when the group was made, unix ms. */
export function writeCreation(data: ConfigDict, createdMs: number): void {
  data.set("c", BigInt(Math.floor(createdMs / 1000)));
}

/** A text of a config; empty when absent or of another kind. */
export function textOf(value: BValue | undefined): string {
  return Buffer.isBuffer(value) ? value.toString("utf8") : "";
}

/** A number of a config; 0 when absent or of another kind. */
export function numberOf(value: BValue | undefined): number {
  return typeof value === "bigint" && value >= 0n && value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : 0;
}

function setText(
  data: ConfigDict,
  key: string,
  { what, text, most }: { what: string; text: string; most: number },
): void {
  const bytes = Buffer.from(text);
  if (bytes.length > most) {
    throw new ClientError("message-too-long", `the ${what} is ${bytes.length} bytes long, and ${most} are allowed`);
  }
  if (bytes.length === 0) data.delete(key);
  else data.set(key, bytes);
}
