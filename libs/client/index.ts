export { type Account, accountFromEntropy, accountFromRecoveryPhrase, createAccount, recoveryPhrase } from "./account.ts";
export { accountIdOf, parseRecipient, type Recipient } from "./account-id.ts";
export { ClientError, type ClientErrorCode, type ClientErrorDetail } from "./client-error.ts";
export { decodeText, encodeText, MAX_MESSAGE_BYTES, type TextMessage } from "./message.ts";
export { pad, unpad } from "./padding.ts";
export { decodePhrase, encodePhrase } from "./recovery-phrase.ts";
export { openContent, SEAL_OVERHEAD, sealContent } from "./sealed-content.ts";
