import { type Binding, findBinding, type Place } from "../bindings.ts";
import { AgentZeroError, CoreError } from "../errors.ts";
import { type Handle, handleProvider, parseHandle } from "../handle.ts";
import { readOwnFile } from "../own-file.ts";
import { Permit } from "../permit.ts";
import type { Redactor } from "../redactor.ts";
import { checkSecretValue, MAX_SECRET_BYTES } from "../secret-value.ts";
import { SecretBytes } from "../secret.ts";
import type { SecretDeclaration, Secrets, SecretsOptions } from "../secrets.ts";
import type { SecretInfo } from "../vault.ts";
import { describeDeclared } from "./declarations.ts";

const COMMAND_TIMEOUT_MS = 10_000;

/**
 * Creates the one door to all secrets of a session: the vault and what the user's config declares.
 *
 * @example
 * ```ts
 * const secrets = createSecrets({ vault, declarations, environment, permits, run });
 * await secrets.feed(redactor);
 * const binding = await secrets.bindingFor(handle, place); // before the permit
 * const value = await secrets.reveal(permit, handle); // inside the run
 * ```
 * @param options What they are made of.
 * @returns The secrets.
 */
export function createSecrets(options: SecretsOptions): Secrets {
  return new SessionSecrets(options);
}

class SessionSecrets implements Secrets {
  readonly #options: SecretsOptions;
  readonly #declared: ReadonlyMap<string, SecretDeclaration>;
  readonly #redactors = new Set<Redactor>();

  constructor(options: SecretsOptions) {
    this.#options = options;
    this.#declared = new Map(options.declarations.map((declaration) => [declaration.handle, declaration]));
  }

  get blind(): boolean {
    return this.#options.vault.blind;
  }

  async list(): Promise<readonly SecretInfo[]> {
    const declared = this.#options.declarations.map(describeDeclared);
    return [...(await this.#options.vault.list()), ...declared];
  }

  async bindingFor(handle: Handle, place: Place): Promise<Binding> {
    if (handleProvider(handle) === "vault") return await this.#options.vault.bindingFor(handle, place);
    return findBinding(handle, this.#declaration(handle).bindings, place);
  }

  async reveal(permit: Permit, handle: string): Promise<SecretBytes> {
    const parsed = parseHandle(handle);
    if (handleProvider(parsed) === "vault") return await this.#options.vault.reveal(permit, parsed);
    const spent = Permit.isPermit(permit) ? this.#options.permits.spentFor(permit) ?? null : null;
    if (spent === null) {
      throw new CoreError("PERMIT_INVALID", "Cannot reveal secret: no permit was spent for it", {
        hint: "secrets are resolved inside a run that was decided and recorded",
      });
    }
    const bytes = await this.#resolve(this.#declaration(parsed));
    try {
      checkSecretValue(bytes, parsed);
      // Before its first use: whatever echoes it is masked.
      for (const redactor of this.#redactors) redactor.add({ bytes, handle: parsed, class: "secret" });
      return new SecretBytes(new Uint8Array(bytes));
    } finally {
      bytes.fill(0);
    }
  }

  async feed(redactor: Redactor): Promise<void> {
    this.#redactors.add(redactor);
    await this.#options.vault.feed(redactor);
    for (const declaration of this.#options.declarations) {
      // A command is run only when its value is needed.
      if (declaration.source.kind === "cmd") continue;
      await this.#feedOne(redactor, declaration);
    }
    for (const bytes of this.#options.environment.credentials) {
      addIfPossible(redactor, { bytes, handle: null, class: "credential" });
    }
  }

  async #feedOne(redactor: Redactor, declaration: SecretDeclaration): Promise<void> {
    let bytes: Uint8Array;
    try {
      bytes = await this.#resolve(declaration);
    } catch (error) {
      // A variable or file that is not there is no value; using the handle says so.
      if (error instanceof AgentZeroError) return;
      throw error;
    }
    addIfPossible(redactor, { bytes, handle: declaration.handle, class: "secret" });
    bytes.fill(0);
  }

  async #resolve(declaration: SecretDeclaration): Promise<Uint8Array> {
    const { handle, source } = declaration;
    switch (source.kind) {
      case "env": {
        const value = this.#options.environment.declared.get(handle);
        if (value === undefined) {
          throw unreadable(handle, `variable "${source.name}" was not set`, "set it before starting");
        }
        return withoutNewline(value);
      }
      case "file": {
        const file = readOwnFile(source.path, { maxBytes: MAX_SECRET_BYTES, secret: true });
        if (file.kind === "missing") {
          throw unreadable(handle, `"${source.path}" does not exist`, "create it, mode 0600");
        }
        if (file.kind === "unsafe") throw unreadable(handle, `"${source.path}": ${file.why}`, file.hint);
        return withoutNewline(file.bytes);
      }
      case "cmd": {
        const result = await this.#options.run(source.argv, {
          timeoutMs: COMMAND_TIMEOUT_MS,
          maxBytes: MAX_SECRET_BYTES,
        });
        if (result.ok) {
          const value = withoutNewline(result.stdout);
          result.stdout.fill(0);
          return value;
        }
        throw unreadable(
          handle,
          `"${source.argv[0] ?? ""}" failed: ${result.reason}`,
          "run it in a terminal to see why",
        );
      }
      default:
        return source satisfies never;
    }
  }

  #declaration(handle: Handle): SecretDeclaration {
    const declaration = this.#declared.get(handle);
    if (declaration !== undefined) return declaration;
    throw new CoreError("SECRET_UNKNOWN", `Cannot find secret "${handle}"`, {
      hint: "declare it under secrets: in your config.yml; a project cannot declare secrets",
    });
  }
}

// Values that are too short to be masked cannot be resolved either: `reveal` refuses them.
function addIfPossible(redactor: Redactor, value: Parameters<Redactor["add"]>[0]): void {
  try {
    redactor.add(value);
  } catch (error) {
    if (error instanceof CoreError && (error.code === "SECRET_TOO_SHORT" || error.code === "SECRET_INVALID")) return;
    throw error;
  }
}

// Always a copy of our own, never a view or a Buffer: the caller wipes it.
function withoutNewline(bytes: Uint8Array): Uint8Array {
  const end = bytes.at(-1) !== 0x0a ? bytes.length : bytes.length - (bytes.at(-2) === 0x0d ? 2 : 1);
  return new Uint8Array(bytes.subarray(0, end));
}

function unreadable(handle: string, seen: string, hint: string): CoreError {
  return new CoreError("SECRET_UNREADABLE", `Cannot resolve "${handle}": ${seen}`, { hint });
}
