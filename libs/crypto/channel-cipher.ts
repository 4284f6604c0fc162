import { createCipheriv, createDecipheriv, createSecretKey } from "node:crypto";
import sodium from "sodium-native";
import { randomBytes } from "./bytes.ts";

/** One symmetric key at work: the nonce or IV leads every ciphertext. */
export interface ChannelCipher {
  seal(plain: Buffer): Buffer;
  open(cipher: Buffer): Buffer | undefined;
}

const GCM_IV = 12;
const CBC_IV = 16;
const XCHACHA_NONCE = 24;
const TAG = 16;

/** AES-256-GCM without associated data: IV 12, ciphertext, tag 16. Raw keys are slow on Node 24, key objects are not. */
export function aesGcm(key: Buffer): ChannelCipher {
  const secret = createSecretKey(key);
  return {
    seal(plain) {
      const iv = randomBytes(GCM_IV);
      const cipher = createCipheriv("aes-256-gcm", secret, iv, { authTagLength: TAG });
      const body = cipher.update(plain);
      return Buffer.concat([iv, body, cipher.final(), cipher.getAuthTag()]);
    },
    open(sealed) {
      if (sealed.length < GCM_IV + TAG) return undefined;
      const end = sealed.length - TAG;
      const decipher = createDecipheriv("aes-256-gcm", secret, sealed.subarray(0, GCM_IV), { authTagLength: TAG });
      decipher.setAuthTag(sealed.subarray(end));
      return finish(decipher, sealed.subarray(GCM_IV, end));
    },
  };
}

/** AES-256-CBC with PKCS#7 padding: IV 16, ciphertext. Not authenticated: changes may go unseen. */
export function aesCbc(key: Buffer): ChannelCipher {
  const secret = createSecretKey(key);
  return {
    seal(plain) {
      const iv = randomBytes(CBC_IV);
      const cipher = createCipheriv("aes-256-cbc", secret, iv);
      return Buffer.concat([iv, cipher.update(plain), cipher.final()]);
    },
    open(sealed) {
      if (sealed.length < CBC_IV * 2) return undefined;
      const decipher = createDecipheriv("aes-256-cbc", secret, sealed.subarray(0, CBC_IV));
      return finish(decipher, sealed.subarray(CBC_IV));
    },
  };
}

/** XChaCha20-Poly1305 (IETF) without associated data: nonce 24, ciphertext, tag 16. */
export function xchacha20(key: Buffer): ChannelCipher {
  return {
    seal(plain) {
      const sealed = Buffer.allocUnsafe(XCHACHA_NONCE + plain.length + TAG);
      const nonce = sealed.subarray(0, XCHACHA_NONCE);
      sodium.randombytes_buf(nonce);
      const body = sealed.subarray(XCHACHA_NONCE);
      sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(body, plain, null, null, nonce, key);
      return sealed;
    },
    open(sealed) {
      if (sealed.length < XCHACHA_NONCE + TAG) return undefined;
      const nonce = sealed.subarray(0, XCHACHA_NONCE);
      const body = sealed.subarray(XCHACHA_NONCE);
      const plain = Buffer.allocUnsafe(body.length - TAG);
      try {
        sodium.crypto_aead_xchacha20poly1305_ietf_decrypt(plain, null, body, null, nonce, key);
      } catch {
        return undefined;
      }
      return plain;
    },
  };
}

function finish(decipher: { update(data: Buffer): Buffer; final(): Buffer }, body: Buffer): Buffer | undefined {
  try {
    const start = decipher.update(body);
    const rest = decipher.final();
    return rest.length === 0 ? start : Buffer.concat([start, rest]);
  } catch {
    return undefined;
  }
}
