import { basename, dirname, resolve } from "node:path";
import {
  checkSecretValue,
  CoreError,
  type Handle,
  isHandle,
  parseHandle,
  SecretBytes,
  type Vault,
} from "../../../core/mod.ts";
import type { CommandContext, CommandInput } from "../../context.ts";
import type { ExitCode } from "../../exit-codes.ts";
import { readNamedText } from "../../read-named-text.ts";
import { badUsage } from "../../usage.ts";
import { type DotenvEntry, parseDotenv } from "./dotenv.ts";
import { changeVault, withVault } from "./open.ts";

const MAX_FILE_BYTES = 1_048_576;

type Plan =
  | { readonly kind: "store"; readonly entry: DotenvEntry; readonly handle: Handle }
  | {
    readonly kind: "skip" | "refuse";
    readonly entry: DotenvEntry;
    readonly handle: string | null;
    readonly reason: string;
  };

/** Runs `vault import`. */
export async function vaultImport(context: CommandContext, input: CommandInput): Promise<ExitCode> {
  const file = resolve(context.cwd, input.arg(0) ?? "");
  const { entries, bad } = parseDotenv(
    readNamedText(file, `"${file}"`, { maxBytes: MAX_FILE_BYTES, hint: "name a file of KEY=value lines" }),
  );
  const group = input.option("group") ?? groupOf(file);
  if (!isHandle(`handle://vault/${group}/x`)) {
    throw badUsage(`Cannot use group "${group}"`, "use a-z 0-9 . _ - and begin with a letter or digit: --group webapp");
  }
  const dryRun = input.flag("dryRun");
  return await withVault(context, async (vault, parts) => {
    for (const line of bad) context.output.note(`line ${line} is no assignment: left out`);
    const plans = await plan(vault, entries, group);
    const stored = plans.filter((item) => item.kind === "store");
    if (!dryRun && stored.length > 0) {
      await changeVault(context, parts, {
        reason: "import secrets from a file",
        handles: stored.map((item) => item.handle),
        run: () => storeAll(context, vault, stored),
      });
    }
    report(context, plans, dryRun);
    return plans.some((item) => item.kind === "refuse") ? 1 : 0;
  });
}

async function storeAll(
  context: CommandContext,
  vault: Vault,
  plans: readonly Extract<Plan, { kind: "store" }>[],
): Promise<void> {
  for (const { handle, entry } of plans) {
    // One after the other: each is a write of its own.
    // oxlint-disable-next-line no-await-in-loop
    const { warnings } = await vault.set(handle, new SecretBytes(new TextEncoder().encode(entry.value)));
    for (const warning of warnings) context.output.note(`warning: ${warning}`);
  }
}

async function plan(vault: Vault, entries: readonly DotenvEntry[], group: string): Promise<readonly Plan[]> {
  const known = new Set<string>((await vault.list()).map((secret) => secret.handle));
  const last = new Map(entries.map((entry) => [entry.key, entry]));
  return entries.map((entry): Plan => {
    const handle = `handle://vault/${group}/${entry.key.toLowerCase().replaceAll("_", "-").replace(/^[^a-z0-9]+/, "")}`;
    if (!isHandle(handle)) return { kind: "skip", entry, handle: null, reason: "its name makes no handle" };
    if (last.get(entry.key) !== entry) return { kind: "skip", entry, handle, reason: "set again further down" };
    if (entry.value === "") return { kind: "skip", entry, handle, reason: "empty" };
    if (entry.refers) return { kind: "skip", entry, handle, reason: "refers to another variable" };
    if (known.has(handle)) return { kind: "skip", entry, handle, reason: "exists already" };
    const refused = refusal(entry.value, handle);
    if (refused !== null) return { kind: "refuse", entry, handle, reason: refused };
    known.add(handle);
    return { kind: "store", entry, handle: parseHandle(handle) };
  });
}

function refusal(value: string, handle: string): string | null {
  try {
    checkSecretValue(new TextEncoder().encode(value), handle);
    return null;
  } catch (error) {
    if (!(error instanceof CoreError)) throw error;
    if (error.code === "SECRET_INVALID") return "too long";
    return error.message.includes("different") ? "fewer than 4 different bytes" : "shorter than 8 bytes";
  }
}

function report(context: CommandContext, plans: readonly Plan[], dryRun: boolean): void {
  if (context.json) {
    const list = plans.map((item) => ({
      key: item.entry.key,
      handle: item.handle,
      status: item.kind === "store"
        ? (dryRun ? "would_store" : "stored")
        : item.kind === "skip"
        ? "skipped"
        : "refused",
      reason: item.kind === "store" ? null : item.reason,
    }));
    context.output.json({ v: 1, dry_run: dryRun, entries: list });
  } else if (plans.length === 0) context.output.text("nothing to store");
  else {
    context.output.table(plans.map((item) => [
      item.entry.key,
      item.handle ?? "-",
      item.kind === "store" ? (dryRun ? "would be stored" : "stored") : `skipped: ${item.reason}`,
    ]));
  }
}

function groupOf(file: string): string {
  const name = basename(dirname(file)).toLowerCase().replaceAll(/[^a-z0-9._-]+/g, "-").replace(/^[^a-z0-9]+/, "");
  const clean = name.replaceAll(/\.{2,}/g, ".").slice(0, 64);
  return clean === "" ? "env" : clean;
}
