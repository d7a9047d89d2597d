import { resolve } from "node:path";
import {
  createRedactor,
  createSecrets,
  parseSecretDeclarations,
  type Redactor,
  takeEnvironmentSecrets,
} from "../../../core/mod.ts";
import type { CommandContext, CommandInput } from "../../context.ts";
import { createRunUserCommand } from "../../system/run-user-command.ts";
import type { ExitCode } from "../../exit-codes.ts";
import { gitObjects } from "./git-objects.ts";
import { withVault } from "./open.ts";
import { scanBytes, type ScanFinding } from "./scan-bytes.ts";
import { type FoundFile, readWindows, walkFiles } from "./walk-files.ts";

const MAX_STDIN_BYTES = 256 * 1024 * 1024;

/** Runs `vault scan`. */
export async function vaultScan(context: CommandContext, input: CommandInput): Promise<ExitCode> {
  const target = input.arg(0) ?? "";
  const patterns = input.flag("patterns");
  const redactor = await knownValues(context);
  const scan = new ScanRun(context, { redactor, patterns });
  if (target === "-") await scan.bytes("-", await context.readStdin(MAX_STDIN_BYTES));
  else {
    const path = resolve(context.cwd, target);
    for (const file of walkFiles(path)) {
      if (context.signal.aborted) break;
      await scan.file(file);
    }
    if (input.flag("history")) await scan.history(path);
  }
  return scan.report();
}

// Every value that the process knows: the vault, declared variables and files, telling environment variables.
async function knownValues(context: CommandContext): Promise<Redactor> {
  const redactor = createRedactor({ random: context.system.random });
  await withVault(context, async (vault, parts) => {
    const declarations = parseSecretDeclarations(parts.config.user.secrets, context.userHome);
    // A vault that cannot be read would make a clean result a false one.
    await vault.list();
    const secrets = createSecrets({
      vault,
      declarations,
      environment: takeEnvironmentSecrets(context.system.processEnv, declarations),
      permits: { spentFor: () => null },
      run: createRunUserCommand(context.system.env),
    });
    await secrets.feed(redactor);
  });
  return redactor;
}

class ScanRun {
  readonly #context: CommandContext;
  readonly #options: { readonly redactor: Redactor; readonly patterns: boolean };
  readonly #findings: ScanFinding[] = [];
  readonly #skipped: string[] = [];
  #files = 0;
  #objects = 0;

  constructor(context: CommandContext, options: { readonly redactor: Redactor; readonly patterns: boolean }) {
    this.#context = context;
    this.#options = options;
  }

  async bytes(path: string, bytes: Uint8Array): Promise<void> {
    this.#files++;
    this.#add(await scanBytes(path, bytes, this.#options));
  }

  async file(file: FoundFile): Promise<void> {
    if (file.kind === "skipped") {
      this.#skipped.push(`${this.#name(file.path)}: ${file.reason}`);
      return;
    }
    this.#files++;
    for (const window of readWindows(file.path)) {
      if (window === null) {
        this.#skipped.push(`${this.#name(file.path)}: it cannot be read`);
        return;
      }
      // oxlint-disable-next-line no-await-in-loop -- one window in memory at a time
      const found = await scanBytes(this.#name(file.path), window.bytes, { ...this.#options, before: window.before });
      // What lies wholly in the overlap was found in the window before.
      this.#add(found.filter((finding) => finding.end > window.seen));
    }
  }

  async history(path: string): Promise<void> {
    const names = new Map<string, string>();
    const found: { readonly id: string; readonly finding: ScanFinding }[] = [];
    for (const object of gitObjects(path, names)) {
      if (this.#context.signal.aborted) break;
      if (object.kind === "skipped") {
        this.#skipped.push(object.reason);
        continue;
      }
      this.#objects++;
      // oxlint-disable-next-line no-await-in-loop -- one object in memory at a time
      const findings = await scanBytes(`git:${object.id.slice(0, 12)}`, object.bytes, this.#options);
      for (const finding of findings) found.push({ id: object.id, finding });
    }
    for (const { id, finding } of found) {
      const name = names.get(id);
      this.#add([name === undefined ? finding : { ...finding, path: `${finding.path}:${name}` }]);
    }
  }

  report(): ExitCode {
    const findings = this.#findings.map(({ path, line, column, handle, encoding, rule, class: kind }) => ({
      path,
      line,
      column,
      handle,
      encoding,
      rule,
      class: kind,
    }));
    const { output, json } = this.#context;
    for (const reason of this.#skipped) output.note(`skipped ${reason}`);
    if (json) output.json({ v: 1, findings, files: this.#files, objects: this.#objects, skipped: this.#skipped });
    else {
      if (findings.length > 0) {
        output.table(findings.map((found) => [
          `${found.path}:${found.line}:${found.column}`,
          found.handle ?? found.rule ?? "a value of the environment",
          found.encoding ?? found.class,
        ]));
      }
      const where = this.#objects > 0 ? ` and ${count(this.#objects, "git object")}` : "";
      output.text(`${count(findings.length, "finding")} in ${count(this.#files, "file")}${where}`);
    }
    return findings.length > 0 ? 1 : 0;
  }

  #add(found: readonly ScanFinding[]): void {
    this.#findings.push(...found);
  }

  #name(path: string): string {
    const base = `${this.#context.cwd}/`;
    return path.startsWith(base) ? path.slice(base.length) : path;
  }
}

function count(value: number, what: string): string {
  return `${value} ${what}${value === 1 ? "" : "s"}`;
}
