import type { RunIo } from "../../core/mod.ts";
import type { SandboxDeps } from "../deps.ts";
import { SandboxError } from "../errors.ts";
import { FIXED, SANDBOX_BOUNDS } from "../limits.ts";
import { checkPath } from "./check-path.ts";
import { openFolder } from "./folder.ts";
import { openFile } from "./open-file.ts";
import { readBytes } from "./read-bytes.ts";
import type { SearchHit, SearchSpec, SearchValue } from "./read-spec.ts";
import { refuseMaskedLink } from "./refuse-masked-link.ts";
import { createRegexEngine, type RegexEngine } from "./regex-engine.ts";
import { kindOf, lstatOrNull } from "./stamp.ts";
import { walk, type WalkEnd, type WalkEntry } from "./walk.ts";

const BATCH_CHARS = 256 * 1024;
const ALWAYS_SKIPPED: readonly string[] = [".git", ".agentzero"];

interface Text {
  readonly path: string;
  readonly real: string;
  readonly text: string;
}

/** One search while it runs. */
interface Search {
  readonly spec: SearchSpec;
  readonly engine: RegexEngine | null;
  readonly deadline: number;
  readonly hits: SearchHit[];
  batch: Text[];
  batchChars: number;
  files: number;
  omitted: number;
  skipped: number;
}

/**
 * Searches a file, or all text files below a folder, for lines that match.
 *
 * @param deps Clock, timers and host facts.
 * @param spec Where, what, how many.
 * @param io `admit` decides on every file and folder before it is opened.
 * @returns Hits in the order of the walk.
 * @throws {SandboxError} `PATTERN_INVALID`, `LIMIT_TIME`, `NOT_FOUND`, `CANCELLED`.
 */
export async function searchFiles(deps: SandboxDeps, spec: SearchSpec, io: RunIo): Promise<SearchValue> {
  if (spec.pattern === "") throw new SandboxError("PATTERN_INVALID", "Cannot search: the pattern is empty");
  if (spec.literal && Buffer.byteLength(spec.pattern) > FIXED.patternBytes) {
    throw new SandboxError("PATTERN_INVALID", `Cannot search: the pattern is longer than ${FIXED.patternBytes} bytes`);
  }
  const search: Search = {
    spec,
    engine: spec.literal ? null : createRegexEngine(deps, spec.pattern),
    deadline: deps.clock.mono() + FIXED.walkMs,
    hits: [],
    batch: [],
    batchChars: 0,
    files: 0,
    omitted: 0,
    skipped: 0,
  };
  const end: WalkEnd = { truncated: false };
  try {
    for await (const entry of targets(deps, { search, io, end })) {
      if (search.hits.length >= spec.maxHits) break;
      const text = readText(entry, { search, io });
      if (text !== null) await look(deps, search, { path: entry.path, real: entry.real, text });
    }
    await flush(deps, search);
  } finally {
    search.engine?.close();
  }
  const truncated = end.truncated || search.hits.length >= spec.maxHits;
  return {
    op: "search",
    hits: search.hits,
    files: search.files,
    omitted: search.omitted,
    skipped: search.skipped,
    truncated,
  };
}

async function* targets(
  deps: SandboxDeps,
  at: { readonly search: Search; readonly io: RunIo; readonly end: WalkEnd },
): AsyncGenerator<WalkEntry, void, void> {
  const { search, io } = at;
  const { target } = search.spec;
  const { parent, base } = checkPath(target, deps.facts.platform);
  const stat = lstatOrNull(target);
  if (stat !== null && kindOf(stat) === "file") {
    const folder = openFolder(parent, deps.facts.platform);
    try {
      yield { path: base, real: target, name: base, kind: "file", folder };
    } finally {
      folder.close();
    }
    return;
  }
  const skip = new Set([...ALWAYS_SKIPPED, ...search.spec.skip]);
  const options = {
    platform: deps.facts.platform,
    clock: deps.clock,
    signal: io.signal,
    maxDepth: FIXED.walkDepth,
    maxEntries: SANDBOX_BOUNDS.walkEntries.default,
    enter(entry: WalkEntry): boolean {
      if (skip.has(entry.name)) return false;
      if (io.admit === undefined || io.admit(entry.real)) return true;
      search.omitted++;
      return false;
    },
  };
  for await (const entry of walk(target, options, at.end)) {
    if (entry.kind === "file" && !skip.has(entry.name)) yield entry;
  }
}

// A file that cannot be opened, is binary or too large is counted and left out: one bad file must not end a search.
function readText(entry: WalkEntry, at: { readonly search: Search; readonly io: RunIo }): string | null {
  const { search, io } = at;
  if (io.admit !== undefined && !io.admit(entry.real)) {
    search.omitted++;
    return null;
  }
  try {
    const file = openFile(entry.folder, entry.name);
    try {
      refuseMaskedLink(file, io.masked);
      if (file.stat.size > BigInt(FIXED.searchFileBytes)) return leaveOut(search);
      const bytes = readBytes(file.fd, FIXED.searchFileBytes);
      if (bytes.subarray(0, 8192).includes(0)) return leaveOut(search);
      search.files++;
      if (
        search.spec.literal &&
        Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).indexOf(search.spec.pattern) < 0
      ) return null;
      return new TextDecoder().decode(bytes);
    } finally {
      file.close();
    }
  } catch {
    return leaveOut(search);
  }
}

function leaveOut(search: Search): null {
  search.skipped++;
  return null;
}

async function look(deps: SandboxDeps, search: Search, found: Text): Promise<void> {
  if (search.engine === null) {
    lookLiteral(search, found);
    return;
  }
  search.batch.push(found);
  search.batchChars += found.text.length;
  if (search.batchChars >= BATCH_CHARS) await flush(deps, search);
}

function lookLiteral(search: Search, found: Text): void {
  for (const [index, line] of found.text.split("\n").entries()) {
    if (!line.includes(search.spec.pattern)) continue;
    push(search, found, { line: index + 1, text: excerpt(line, search.spec.pattern) });
    if (search.hits.length >= search.spec.maxHits) return;
  }
}

// Of a very long line, the part around the first match.
function excerpt(line: string, pattern: string): string {
  if (line.length <= FIXED.lineBytes) return line;
  const start = Math.max(0, line.indexOf(pattern) - 256);
  return line.slice(start, start + FIXED.lineBytes).toWellFormed();
}

async function flush(deps: SandboxDeps, search: Search): Promise<void> {
  const { batch, engine } = search;
  if (engine === null || batch.length === 0) return;
  search.batch = [];
  search.batchChars = 0;
  const left = search.deadline - deps.clock.mono();
  const found = await engine.find(batch.map((entry) => entry.text), search.spec.maxHits - search.hits.length, left);
  for (const hit of found) {
    const text = batch[hit.text];
    if (text !== undefined && search.hits.length < search.spec.maxHits) {
      push(search, text, { line: hit.line, text: hit.content.toWellFormed() });
    }
  }
}

function push(search: Search, found: Text, hit: { readonly line: number; readonly text: string }): void {
  const text = hit.text.endsWith("\r") ? hit.text.slice(0, -1) : hit.text;
  search.hits.push({ path: found.path, real: found.real, line: hit.line, text });
}
