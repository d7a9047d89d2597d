import { type Dirent, lstatSync, readdirSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { errorCode } from "../../../core/mod.ts";
import {
  describeExpected,
  type LiveLayers,
  parsePolicyTests,
  PolicyError,
  type PolicyTest,
  type Survivor,
} from "../../../policy/mod.ts";
import type { CommandContext, CommandInput } from "../../context.ts";
import { EXIT, type ExitCode } from "../../exit-codes.ts";
import { requireProject } from "../../project-root.ts";
import { openLive } from "./open.ts";
import { readNamedFile } from "./read-file.ts";
import { unloadable } from "./unloadable.ts";

/** A test and where it stands. */
interface PlacedTest {
  readonly file: string;
  readonly test: PolicyTest;
}

/** How one test went, for people and programs. */
interface TestLine {
  readonly file: string;
  readonly name: string;
  readonly ok: boolean;
  readonly expected: string;
  readonly got: string;
}

/** Runs `policy test`: test files and the tests inside the layers, on the layers that count now. */
export async function policyTest(context: CommandContext, input: CommandInput): Promise<ExitCode> {
  const project = requireProject(context);
  const { live } = await openLive(context, project);
  const named = input.rest(0);
  const files = (named.length > 0 ? named.map((name) => resolve(context.cwd, name)) : [project]).flatMap((path) =>
    findTests(context, path)
  );
  const placed = [...files.flatMap((file) => readTests(context, file)), ...layerTests(live, project)];
  const tests = placed.map(({ test }) => test);
  const lines = live.runTests(tests).map(({ test, ok, got }, i): TestLine => ({
    file: placed[i]?.file ?? "",
    name: test.name ?? `line ${test.at.line}`,
    ok,
    expected: describeExpected(test),
    got,
  }));
  const failed = lines.filter((line) => !line.ok).length;
  const quality = live.measureTests(tests, { coverage: input.flag("coverage"), mutate: input.flag("mutate") });
  const passed = lines.length - failed;
  if (context.json) context.output.json({ v: 1, ok: failed === 0, passed, failed, tests: lines, ...quality });
  else showResult(context, lines, quality);
  return failed === 0 ? EXIT.ok : EXIT.failed;
}

const SUFFIX = ".policy-test.yml";
const SKIPPED: ReadonlySet<string> = new Set(["node_modules", ".git", "dist", "coverage"]);
const MAX_FILES = 1_000;
const MAX_DEPTH = 12;

/** Finds test files: a file by its name, a folder by walking it; links are not followed. */
function findTests(context: CommandContext, path: string): readonly string[] {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat === undefined) {
    throw new PolicyError("POLICY_MISSING", `Cannot read "${path}": there is no such file or folder`, {
      hint: `name a ${SUFFIX.slice(1)} file or a folder that holds some`,
    });
  }
  if (!stat.isDirectory()) return [path];
  const found: string[] = [];
  walk(path, 0, { context, found });
  return found.toSorted();
}

function walk(
  folder: string,
  depth: number,
  into: { readonly context: CommandContext; readonly found: string[] },
): void {
  if (depth > MAX_DEPTH) return;
  for (const entry of entriesOf(folder, depth, into.context)) {
    if (into.found.length >= MAX_FILES) return;
    const path = join(folder, entry.name);
    if (entry.isFile() && entry.name.endsWith(SUFFIX)) into.found.push(path);
    else if (entry.isDirectory() && !SKIPPED.has(entry.name)) walk(path, depth + 1, into);
  }
}

/** A folder somewhere below that is closed to us, e.g. of a container, stops no other test; one that was named does. */
function entriesOf(folder: string, depth: number, { output, cwd }: CommandContext): readonly Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (cause) {
    const seen = `${depth === 0 ? folder : relative(cwd, folder)}": ${errorCode(cause)}`;
    if (depth === 0) throw new PolicyError("POLICY_READ", `Cannot look for tests in "${seen}`, { cause });
    output.note(`warning: no tests were looked for in "${seen}`);
    return [];
  }
}

function readTests(context: CommandContext, path: string): readonly PlacedTest[] {
  const file = readNamedFile(context.cwd, path);
  const shown = relative(context.cwd, path);
  const parsed = "problem" in file ? null : parsePolicyTests(file.bytes);
  if (parsed === null || !parsed.ok) {
    const problem = "problem" in file ? file.problem : parsed?.problems[0];
    const hint = problem?.hint ?? "the file is `version: 2` and `tests:`";
    throw unloadable(`run the tests of "${shown}"`, problem, hint);
  }
  return parsed.document.tests.map((test) => ({ file: shown, test }));
}

function layerTests({ layers }: LiveLayers, project: string): readonly PlacedTest[] {
  return layers.flatMap(({ document, path }) => {
    const inside = relative(project, path);
    const file = inside.startsWith("..") ? path : inside;
    return document.tests.map((test) => ({ file, test }));
  });
}

interface Quality {
  readonly uncovered: readonly string[];
  readonly survivors: readonly Survivor[];
}

function showResult({ output }: CommandContext, lines: readonly TestLine[], { uncovered, survivors }: Quality): void {
  for (const line of lines) {
    if (!line.ok) output.text(`fail  ${line.file} ${line.name}: expected ${line.expected}, got ${line.got}`);
  }
  const failed = lines.filter((line) => !line.ok).length;
  output.text(`${lines.length - failed} passed, ${failed} failed`);
  for (const rule of uncovered) output.text(`no test reaches the rule "${rule}"`);
  for (const { rule, from, to } of survivors) output.text(`no test notices "${rule}" going from ${from} to ${to}`);
}
