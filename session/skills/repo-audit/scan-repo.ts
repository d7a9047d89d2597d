import type { ContentScan, RoutineIo } from "../../host-calls/routine.ts";
import { decodeText } from "../../tools/write-effect.ts";
import { exposureFindings } from "./exposure-rules.ts";
import { fileText, type RepoFinding, type SkippedPath } from "./finding.ts";
import { injectionFindings } from "./injection-rules.ts";
import { createRepoReader, errorText, type RepoEntry, type RepoReader } from "./repo-reader.ts";
import { scriptFindings } from "./script-rules.ts";
import { trackedFiles } from "./tracked-files.ts";
import { valueFindings } from "./value-rules.ts";

/** What a scan saw. */
export interface RepoScan {
  /** Files that were opened and looked through. */
  readonly files: number;
  readonly bytes: number;
  readonly findings: readonly RepoFinding[];
  readonly skipped: readonly SkippedPath[];
  /** `true` when a cap ended it early. */
  readonly truncated: boolean;
}

/** How far a scan goes. */
export interface ScanLimits {
  /** Relative to the project; `.` for all of it. */
  readonly path: string;
  readonly maxFiles: number;
}

// Made by programs, of others, or ours: named in the report, not entered.
const NOT_ENTERED: ReadonlySet<string> = new Set([
  ".agentzero",
  ".git",
  ".hg",
  ".svn",
  ".venv",
  "__pycache__",
  "node_modules",
  "venv",
]);
const GIT_FILES = [".git/config"];
const MAX_FINDINGS = 5_000;
const MAX_DEPTH = 64;

/**
 * Scans a repository. Every folder and file is asked for by itself; what policy denies is listed, not opened.
 *
 * @param io What the routine may use.
 * @param limits Where it begins, and how many files it opens.
 * @returns What was seen.
 */
export async function scanRepo(io: RoutineIo, limits: ScanLimits): Promise<RepoScan> {
  const repo = createRepoReader(io);
  const run: Run = {
    repo,
    scan: io.scan,
    signal: io.signal,
    limits,
    tracked: await readIndex(repo),
    state: { files: 0, bytes: 0, findings: [], skipped: [], truncated: false },
  };
  const start = limits.path.replace(/^\.\/|\/+$/gu, "");
  await scanFolder(run, start === "." ? "" : start);
  for (const path of limits.path === "." ? [...GIT_FILES, ...await gitHooks(repo)] : []) await scanFile(run, path);
  return run.state;
}

interface Run {
  readonly repo: RepoReader;
  readonly scan: ContentScan;
  readonly signal: AbortSignal;
  readonly limits: ScanLimits;
  /** What git has, or `null` where nobody can tell. */
  readonly tracked: ReadonlySet<string> | null;
  readonly state: {
    files: number;
    bytes: number;
    readonly findings: RepoFinding[];
    readonly skipped: SkippedPath[];
    truncated: boolean;
  };
}

async function readIndex(repo: RepoReader): Promise<ReadonlySet<string> | null> {
  const index = await repo.read(".git/index");
  return index.ok ? trackedFiles(index.value) : null;
}

// Sample hooks do nothing.
async function gitHooks(repo: RepoReader): Promise<readonly string[]> {
  const hooks = await repo.list(".git/hooks");
  if (!hooks.ok) return [];
  return hooks.value.filter(({ name, kind }) => kind === "file" && !name.includes(".")).map(({ name }) =>
    `.git/hooks/${name}`
  );
}

async function scanFolder(run: Run, root: string): Promise<void> {
  const stack = [root];
  for (let folder = stack.pop(); folder !== undefined; folder = stack.pop()) {
    if (run.signal.aborted) return stopEarly(run);
    // oxlint-disable-next-line no-await-in-loop -- one folder after the other, so that the record reads in order
    const listed = await run.repo.list(folder === "" ? "." : folder);
    if (!listed.ok) {
      // A file was named: it is looked at as one.
      // oxlint-disable-next-line no-await-in-loop
      if (folder === root && root !== "" && listed.error.tag !== "denied") await scanFile(run, root);
      else run.state.skipped.push({ path: folder === "" ? "." : folder, why: errorText(listed.error) });
      continue;
    }
    const below: string[] = [];
    for (const entry of listed.value) {
      const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
      // oxlint-disable-next-line no-await-in-loop
      if (entry.kind === "file") await scanEntry(run, path, entry);
      else if (entry.kind !== "directory") run.state.skipped.push({ path, why: `a ${entry.kind}, not a file` });
      else if (NOT_ENTERED.has(entry.name)) {
        run.state.skipped.push({ path, why: "not entered: made by a program or by others" });
      } else if (path.split("/").length > MAX_DEPTH) run.state.skipped.push({ path, why: "too deep" });
      else below.push(path);
      if (run.state.truncated) return;
    }
    stack.push(...below.toReversed());
  }
}

async function scanEntry(run: Run, path: string, entry: RepoEntry): Promise<void> {
  const { state, tracked, limits } = run;
  if (state.files >= limits.maxFiles || state.findings.length >= MAX_FINDINGS) return stopEarly(run);
  state.findings.push(...exposureFindings(path, tracked === null ? null : tracked.has(path)));
  if (entry.size > 0) await scanFile(run, path);
  else state.files++;
}

async function scanFile(run: Run, path: string): Promise<void> {
  const { state, scan } = run;
  if (run.signal.aborted) return stopEarly(run);
  const got = await run.repo.read(path);
  if (!got.ok) {
    if (got.error.tag !== "not-found") state.skipped.push({ path, why: errorText(got.error) });
    return;
  }
  state.files++;
  state.bytes += got.value.length;
  const text = got.value.subarray(0, 8_192).includes(0) ? null : decodeText(got.value);
  if (text === null) {
    // Values can stand in anything; the form of others means nothing there.
    state.findings.push(...await binaryFindings(scan, path, got.value));
    state.skipped.push({ path, why: "binary: searched for known values only" });
    return;
  }
  const file = fileText(path, text);
  state.findings.push(...await valueFindings(file, scan), ...injectionFindings(file), ...scriptFindings(file));
}

async function binaryFindings(scan: ContentScan, path: string, bytes: Uint8Array): Promise<readonly RepoFinding[]> {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
  return await Promise.resolve(
    scan.find(text).map(({ start, end }) => ({
      rule: "secret/known-value",
      severity: "critical",
      path,
      line: null,
      class: "secret",
      length: end - start,
      tag: scan.tag(text.slice(start, end)),
    })),
  );
}

function stopEarly({ state }: Run): void {
  state.truncated = true;
}
