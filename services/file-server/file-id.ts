import { randomBytes } from "@swarmpost/crypto";

const idText = /^[A-Za-z0-9_-]{44}$/;

/** A new file's name: 33 random bytes as 44 characters of base64url, as newer Session file servers give. Knowing it is the permission to read. */
export function newFileId(): string {
  return randomBytes(33).toString("base64url");
}

/** Whether a text can be the name of a file. */
export function isFileId(text: string): boolean {
  return idText.test(text);
}
