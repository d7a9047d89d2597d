import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { inFolder } from "./support/in-folder.ts";
import { interleave, median, type Row } from "./support/row.ts";

const BIN = fileURLToPath(new URL("../dist/cli/bin.js", import.meta.url));
const RUNS = 15;

/** Whole processes, from spawn to exit: `--version` against a bare Node, and a gated read. */
export async function measure(): Promise<readonly Row[]> {
  return inFolder(async (folder) => {
    const project = join(folder, "project");
    const home = join(folder, "home");
    const env = { ...process.env, HOME: folder, AGENTZERO_HOME: home };
    spawnSync("mkdir", ["-p", project]);
    writeFileSync(join(project, "README.md"), "# Hello\n");
    run([BIN, "init", "--cwd", project], env);
    const version = await interleave(RUNS, () => run([BIN, "--version"], env), () => run(["-e", "0"], env));
    const read = await interleave(
      RUNS,
      () => run([BIN, "call", "read", '{"path":"README.md"}', "--json", "--cwd", project], env),
      () => run(["-e", "0"], env),
    );
    const ratio = median(version.ours) / median(version.peer);
    return [
      row("agentzero --version", version, { goal: "<= 1.5x bare node", reached: ratio <= 1.5 }),
      row("call read, from spawn", read, { goal: "<= 200 ms", reached: median(read.ours) <= 200 }),
    ];
  });
}

function run(args: readonly string[], env: NodeJS.ProcessEnv): number {
  const start = performance.now();
  const { status, stderr } = spawnSync(process.execPath, [...args], { env });
  if (status !== 0) throw new Error(`Cannot measure ${args.join(" ")}: exit ${status}, ${stderr.toString()}`);
  return performance.now() - start;
}

function row(
  name: string,
  samples: { readonly ours: readonly number[]; readonly peer: readonly number[] },
  goal: { readonly goal: string; readonly reached: boolean },
): Row {
  return {
    name,
    ours: median(samples.ours),
    unit: "ms",
    peer: { name: "node -e 0", value: median(samples.peer) },
    ...goal,
  };
}
