import type { Binding, Place } from "./bindings.ts";
import type { Handle } from "./handle.ts";
import type { SecretRevealer } from "./ports.ts";
import type { Redactor } from "./redactor.ts";
import type { RunUserCommand } from "./user-command.ts";
import type { SecretInfo, SpentPermits, Vault } from "./vault.ts";

/** Where the value of a declared handle comes from. */
export type SecretSource =
  | { readonly kind: "env"; readonly name: string }
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "cmd"; readonly argv: readonly string[] };

/** A handle that the user's config declares. */
export interface SecretDeclaration {
  /** `handle://env|file|cmd/…`. */
  readonly handle: Handle;
  /** Where its value comes from. */
  readonly source: SecretSource;
  /** Where its value may go. */
  readonly bindings: readonly Binding[];
}

/** Values that were in the process environment at start. */
export interface EnvironmentSecrets {
  /** Values of declared variables, by handle; the variables themselves are gone from the environment. */
  readonly declared: ReadonlyMap<Handle, Uint8Array>;
  /** Other values that look like credentials: masked, never resolved. */
  readonly credentials: readonly Uint8Array[];
}

/** What {@link Secrets} are made of. */
export interface SecretsOptions {
  /** The vault, open or locked. */
  readonly vault: Vault;
  /** From the user's own config. */
  readonly declarations: readonly SecretDeclaration[];
  /** What was taken out of the environment at start. */
  readonly environment: EnvironmentSecrets;
  /** Nothing is revealed without a spent permit. */
  readonly permits: SpentPermits;
  /** Runs the argv of `cmd` secrets; from the user's own config only. */
  readonly run: RunUserCommand;
}

/** Every secret of a session, whatever provider it comes from. Values leave only by `reveal`. */
export interface Secrets extends SecretRevealer {
  /** `true`: the vault has entries that could not be read, so the scanner is blind. */
  readonly blind: boolean;
  /** Lists what there is, declared ones included. Throws `VAULT_LOCKED`. */
  list(): Promise<readonly SecretInfo[]>;
  /**
   * Tells where a value may go, before anything is resolved.
   *
   * Throws `SECRET_UNKNOWN SECRET_UNBOUND SECRET_PLACE SECRET_EXPIRED VAULT_LOCKED`.
   */
  bindingFor(handle: Handle, place: Place): Promise<Binding>;
  /** Gives every value that is known without asking to a redactor, and every later one before its first use. */
  feed(redactor: Redactor): Promise<void>;
}
