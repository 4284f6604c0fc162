import { randomBytes } from "@swarmpost/crypto";

const idText = /^(?:[A-Za-z0-9_-]{44}|[1-9]\d{0,15})$/;

/** Makes the name of a new file. */
export type NewFileId = () => string;

/** 33 random bytes as 44 characters of base64url, as newer Session file servers give. Knowing it is the permission to read. */
export const textFileId: NewFileId = () => randomBytes(33).toString("base64url");

/**
 * A random number of 53 bits in decimal, for clients that make a Number of it. Session's first file servers gave such.
 * It can be guessed more easily than a text, which tells no more than an encrypted file.
 */
export const numericFileId: NewFileId = () => String(2n ** 52n + (randomBytes(8).readBigUInt64LE() & (2n ** 52n - 1n)));

/** Whether a text can be the name of a file. */
export function isFileId(text: string): boolean {
  return idText.test(text);
}
