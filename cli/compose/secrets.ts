import { createVaultLedger, writerFacts } from "../../audit/mod.ts";
import {
  AgentZeroError,
  createSecrets,
  openVault,
  type OpenVaultOptions,
  parseHandle,
  parseSecretDeclarations,
  type Redactor,
  type Secrets,
  type SpentPermits,
  takeEnvironmentSecrets,
  type Vault,
} from "../../core/mod.ts";
import type { BindingAnswer, BoundPlace, GateParts, ModelChoice } from "../../session/mod.ts";
import type { Config } from "../config/load-config.ts";
import type { CommandContext } from "../context.ts";
import { CliError } from "../errors.ts";
import { createRunUserCommand } from "../system/run-user-command.ts";
import type { Installation } from "./installation.ts";

/** What the secrets of a session are opened with. */
export interface SecretsParts {
  readonly installation: Installation;
  readonly config: Config;
  readonly redactor: Redactor;
  readonly permits: SpentPermits;
}

/** The secrets of a session, as the gate is wired to them. */
export interface OpenSecrets {
  readonly secrets: Secrets;
  readonly vault: Vault;
  readonly findBinding: GateParts["findBinding"];
  readonly bindingsOf: NonNullable<GateParts["bindingsOf"]>;
}

/** What a vault is opened with. */
export interface VaultParts {
  readonly installation: Installation;
  readonly config: Config;
  /** Only where values are delivered. */
  readonly permits?: SpentPermits;
}

/**
 * Opens the vault for a command that manages it.
 *
 * @param context The command's context.
 * @param parts Home, keys and configuration; permits only where values are delivered.
 * @returns The vault; locked when nobody gave the passphrase.
 */
export function openUserVault(context: CommandContext, parts: VaultParts): Promise<Vault> {
  return openVault(vaultOptions(context, parts));
}

/**
 * Wires what a vault needs: keys, ledger, passphrase, the person's unlock command.
 *
 * @param context The command's context.
 * @param parts Home, keys and configuration.
 * @returns The options of `openVault()`.
 */
export function vaultOptions(context: CommandContext, parts: VaultParts): OpenVaultOptions {
  const { home, keys, facts } = parts.installation;
  const { clock, random, env } = context.system;
  const unlock = parts.config.user.vault?.unlock;
  return {
    home,
    keys,
    clock,
    random,
    ledger: createVaultLedger({
      home,
      keys,
      clock,
      random,
      writer: writerFacts(facts),
      anchors: parts.config.audit.anchors ?? [],
    }),
    permits: parts.permits,
    passphrase: () => context.passphrase(),
    command: unlock === undefined ? undefined : { argv: unlock, run: createRunUserCommand(env) },
  };
}

/**
 * Opens every secret of a session and gives what is known to the redactor, before anything is shown or sent.
 *
 * @param context The command's context.
 * @param parts Home, keys, configuration, redactor, permits.
 * @returns The secrets.
 */
export async function openSecrets(context: CommandContext, parts: SecretsParts): Promise<OpenSecrets> {
  const vault = await openUserVault(context, parts);
  context.onExit(() => vault.close());
  const declarations = parseSecretDeclarations(parts.config.user.secrets, context.userHome);
  const secrets = createSecrets({
    vault,
    declarations,
    environment: takeEnvironmentSecrets(context.system.processEnv, declarations),
    permits: parts.permits,
    run: createRunUserCommand(context.system.env),
  });
  context.output.maskWith((text) => parts.redactor.mask(text).text);
  await secrets.feed(parts.redactor);
  for (const notice of vault.notices) context.output.note(notice);
  return {
    secrets,
    vault,
    findBinding: (handle, place) => findBinding(secrets, handle, place),
    bindingsOf: (handle) => bindingsOf(secrets, handle),
  };
}

async function bindingsOf(secrets: Secrets, handle: string): Promise<readonly BoundPlace[]> {
  try {
    const found = (await secrets.list()).find((entry) => entry.handle === handle);
    return (found?.bindings ?? []).flatMap(({ host, slot, format }) =>
      host === undefined || !/^(?:bearer$|basic:|header:)/.test(slot) ? [] : [{ host, slot, format: format ?? null }]
    );
  } catch {
    // A locked vault says so when the value is asked for.
    return [];
  }
}

async function findBinding(
  secrets: Secrets,
  handle: string,
  place: Parameters<GateParts["findBinding"]>[1],
): Promise<BindingAnswer> {
  try {
    const binding = await secrets.bindingFor(parseHandle(handle), place);
    return { ok: true, format: binding.format ?? null };
  } catch (cause) {
    const known = cause instanceof AgentZeroError;
    return {
      ok: false,
      failure: {
        code: known ? cause.code : "SECRET_PLACE",
        message: known ? cause.message : `Cannot use "${handle}": its bindings cannot be read`,
        hint: known ? cause.hint ?? null : null,
      },
    };
  }
}

/**
 * Refuses a model that leaves this process while secret values are unknown.
 *
 * Threat: values that cannot be read cannot be masked either.
 *
 * @param opened The secrets.
 * @param choice The model.
 * @throws {CliError} `VAULT_BLIND`.
 */
export function refuseBlindly({ secrets, vault }: OpenSecrets, choice: ModelChoice): void {
  if (!secrets.blind || choice.kind === "builtin" || choice.kind === "script") return;
  throw new CliError("VAULT_BLIND", "Cannot use a model: the vault is locked, so its values cannot be masked", {
    hint: vault.lockReason ?? "unlock it: AGENTZERO_PASSPHRASE or --passphrase-file",
  });
}
