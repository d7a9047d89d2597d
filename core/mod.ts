/**
 * The ground floor: words, labels, ids, digests, cryptography, redaction, the vault and the ports that the rooms above
 * are wired through. Imports no other folder.
 *
 * @example
 * ```ts
 * import { digestOf, loadSodium } from "../core/mod.ts";
 *
 * await loadSodium();
 * digestOf({ path: "README.md" }); // "b2:…"
 * ```
 * @module
 */
export * from "./action.ts";
export type * from "./approver.ts";
export * from "./atomic-write.ts";
export type * from "./backend.ts";
export * from "./base64.ts";
export { type Binding, checkBinding, findBinding, MAX_BINDINGS, type Place } from "./bindings.ts";
export * from "./canonical-json.ts";
export * from "./cap-output.ts";
export * from "./concat-bytes.ts";
export * from "./crypto/kdf.ts";
export * from "./crypto/key-admin.ts";
export { finishKeyChange, lockKeys } from "./crypto/key-change.ts";
export { type KeyPair, type Keys, openKeys, type OpenKeysOptions } from "./crypto/keys.ts";
export * from "./crypto/public-key.ts";
export * from "./crypto/seal.ts";
export * from "./crypto/sign.ts";
export * from "./crypto/sodium.ts";
export * from "./create-redactor.ts";
export * from "./decode.ts";
export type { Decoded, Misfit } from "./decoded.ts";
export { detectText } from "./detectors.ts";
export * from "./digest.ts";
export type * from "./egress-request.ts";
export * from "./errors.ts";
export * from "./file-lock.ts";
export * from "./handle.ts";
export type * from "./host-call.ts";
export * from "./ids.ts";
export * from "./label.ts";
export * from "./nearest-name.ts";
export * from "./own-file.ts";
export * from "./permit.ts";
export type * from "./ports.ts";
export * from "./redactor.ts";
export * from "./secret-value.ts";
export * from "./secret.ts";
export * from "./secrets.ts";
export * from "./secrets/create-secrets.ts";
export * from "./secrets/declarations.ts";
export * from "./secrets/environment.ts";
/** Shapes of foreign data: `shape.object({ path: shape.string() })`. */
export * as shape from "./shape.ts";
export type { Bounds, Fields, JsonSchema, LeftOut, ObjectOf, OptionalShape, Output, Shape } from "./shape.ts";
export * from "./slot.ts";
export * from "./user-command.ts";
export * from "./vault.ts";
export * from "./vault/open-vault.ts";
export * from "./verdict.ts";
export * from "./words.ts";
