import type { Detection } from "../redactor.ts";

/** Runs the recommended rules of secretlint over one text. */
export type Secretlint = (text: string) => Promise<readonly Detection[]>;

let loading: Promise<Secretlint> | null = null;

/**
 * Loads secretlint once. Heavy (70 ms, 20 MB): only who asks for heuristics gets here.
 *
 * @returns The runner.
 */
export function loadSecretlint(): Promise<Secretlint> {
  loading ??= load();
  return loading;
}

const PREFIX = "@secretlint/secretlint-rule-";

async function load(): Promise<Secretlint> {
  const [{ lintSource }, { creator }] = await Promise.all([
    import("@secretlint/core"),
    import("@secretlint/secretlint-rule-preset-recommend"),
  ]);
  await stopProfiling();
  const config = {
    rules: [{
      id: `${PREFIX}preset-recommend`,
      rule: creator,
      rules: [
        { id: `${PREFIX}aws`, options: { enableIDScanRule: true } },
        // Threat: a comment in untrusted text that switches the rules off.
        { id: `${PREFIX}filter-comments`, disabled: true },
      ],
    }],
  };
  return async (text) => {
    const source = { filePath: "text", content: text, contentType: "text" as const, ext: "" };
    const result = await lintSource({ source, options: { config, noPhysicFilePath: true } });
    return result.messages.map(({ ruleId, range }) => ({
      class: "credential",
      rule: `secret/${ruleId.replace(PREFIX, "")}`,
      start: range[0],
      end: range[1],
    }));
  };
}

// It marks every rule of every text in the process-wide performance timeline and keeps all marks: a leak in a long
// session. Its switch lives in a package that `@secretlint/core` brings along, so it is looked up from there.
async function stopProfiling(): Promise<void> {
  const { createRequire } = await import("node:module");
  const fromCore = createRequire(createRequire(import.meta.url).resolve("@secretlint/core"));
  const profiler: unknown = fromCore("@secretlint/profiler");
  if (typeof profiler !== "object" || profiler === null || !("secretLintProfiler" in profiler)) return;
  const { secretLintProfiler } = profiler;
  if (typeof secretLintProfiler !== "object" || secretLintProfiler === null) return;
  if ("setEnabled" in secretLintProfiler && typeof secretLintProfiler.setEnabled === "function") {
    secretLintProfiler.setEnabled(false);
  }
}
