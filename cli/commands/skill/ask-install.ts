import type { SkillPermissions } from "../../../core/mod.ts";
import type { InstallPlan, InstallQuestion, PermissionLine } from "../../../skills/mod.ts";
import { withoutAtoms } from "../../../skills/mod.ts";
import type { CommandContext } from "../../context.ts";

const MAX_FILES = 12;
const MAX_LINES = 120;

/**
 * Asks a person about an installation: one line an atom, each can be struck off, the default is no.
 *
 * @param context The command's context; it has a terminal.
 * @param plan The plan.
 * @param question What is asked.
 * @returns What is granted, or `null` for no.
 */
export async function askInstall(
  context: CommandContext,
  plan: InstallPlan,
  question: InstallQuestion,
): Promise<SkillPermissions | null> {
  const { output, terminal } = context;
  if (terminal === null) return null;
  await introduce(context, plan, question);
  const atoms = question.asked.filter(isAtom);
  const off = new Set<PermissionLine>();
  for (;;) {
    showAtoms(context, { plan, question, atoms, off });
    // oxlint-disable-next-line no-await-in-loop -- one answer after the other
    const typed = await terminal.line(prompt(atoms.length));
    const answer = typed?.trim().toLowerCase() ?? "";
    if (answer === "y" || answer === "yes") {
      return withoutAtoms(plan.entry.permissions, [...question.struck, ...off]);
    }
    const numbers = answer === "" ? [] : answer.split(/[\s,]+/).map(Number);
    if (numbers.length === 0 || numbers.some((n) => !Number.isInteger(n) || n < 1 || n > atoms.length)) {
      if (typed === null || answer === "" || answer === "n" || answer === "no") return null;
      output.note(`not understood: "${answer.slice(0, 40)}"`);
      continue;
    }
    for (const n of numbers) toggle(off, atoms[n - 1]);
  }
}

function prompt(atoms: number): string {
  const strike = atoms === 0 ? "" : `, or numbers to strike off${atoms > 1 ? " (1 3)" : " (1)"}`;
  return `Install it with this? y or N${strike}: `;
}

function toggle(off: Set<PermissionLine>, line: PermissionLine | undefined): void {
  if (line !== undefined && !off.delete(line)) off.add(line);
}

/** Tier, world and limits are not struck off: without them it is another skill. */
function isAtom({ key }: PermissionLine): boolean {
  return key !== "runtime" && key !== "world" && key !== "limits";
}

async function introduce(
  { output, terminal }: CommandContext,
  plan: InstallPlan,
  question: InstallQuestion,
): Promise<void> {
  const { entry, installed, md } = plan;
  const from = installed === null ? "" : ` (installed: ${installed.version})`;
  output.note(`${entry.id} ${entry.version}${from}`);
  output.note(`  the author says: ${md.description.slice(0, 300)}`);
  output.note(`  runs as: ${tierText(entry.runtime)}   from: ${entry.source}`);
  if (question.reason === "widened") output.note("  it wants more than you approved before:");
  for (const line of question.besides) output.note(`  ${line}`);
  if (question.reason === "changed") output.note("  it may do what you approved before; its content changed:");
  for (const { path, change } of question.files.slice(0, MAX_FILES)) output.note(`  ${change}: ${path}`);
  if (question.files.length > MAX_FILES) output.note(`  and ${question.files.length - MAX_FILES} more files`);
  if (question.text !== null && question.text.before !== question.text.after && terminal !== null) {
    // The diff library is loaded only when there is something to show.
    const { unifiedDiff } = await import("../../term/diff.ts");
    const lines = unifiedDiff(question.text.before, question.text.after);
    for (const line of lines.slice(0, MAX_LINES)) output.note(`  ${line}`);
    if (lines.length > MAX_LINES) output.note(`  and ${lines.length - MAX_LINES} more lines`);
  }
}

function tierText(runtime: string): string {
  switch (runtime) {
    case "none":
      return "text only, nothing runs";
    case "wasm-sandbox":
      return "a WASM component in its sandbox";
    case "host-supervised":
      return "a program in the process sandbox, without network";
    default:
      return runtime;
  }
}

function showAtoms(
  { output }: CommandContext,
  shown: {
    readonly plan: InstallPlan;
    readonly question: InstallQuestion;
    readonly atoms: readonly PermissionLine[];
    readonly off: ReadonlySet<PermissionLine>;
  },
): void {
  const { plan, question, atoms, off } = shown;
  const others = question.asked.filter((line) => !isAtom(line));
  if (atoms.length === 0 && question.reason === "first") output.note("  it asks for no permission");
  for (const [at, line] of atoms.entries()) {
    output.note(`  ${off.has(line) ? "[ ]" : "[x]"} ${at + 1}  ${line.key.padEnd(8)} ${line.text}`);
    const reason = line.key === "runtime" || line.key === "world" || line.key === "limits"
      ? undefined
      : question.reasons[line.key];
    if (reason !== undefined) output.note(`           the author says: ${reason}`);
  }
  if (others.length > 0) output.note(`  limits: ${others.map(({ text }) => text).join("  ")}`);
  for (const { key, text } of question.struck) output.note(`  [ ]    ${key} ${text} (you struck it off before)`);
  for (const { key, text } of question.dropped) output.note(`  no longer asked for: ${key} ${text}`);
  const granted = withoutAtoms(plan.entry.permissions, [...question.struck, ...off]);
  for (const warning of warnings(granted)) output.note(`  careful: ${warning}`);
}

function warnings(permissions: SkillPermissions): readonly string[] {
  const found: string[] = [];
  const { net } = permissions;
  const reads = permissions["fs.read"].filter((atom) => atom.startsWith("workspace:"));
  if (reads.some(isWhole)) found.push("it reads the whole project");
  if (permissions["fs.write"].some((atom) => atom.startsWith("workspace:") && isWhole(atom))) {
    found.push("it writes anywhere in the project");
  }
  if (reads.length > 0 && net.length > 0) {
    found.push(`it reads and can send: what it reads may end up at ${net.map(({ origin }) => origin).join(", ")}`);
  }
  if (permissions.exec.length > 1) found.push("it starts programs of this machine, in the sandbox");
  return found;
}

function isWhole(atom: string): boolean {
  return /^workspace:(?:\*\*?|\*\*\/\*\*?)$/.test(atom);
}
