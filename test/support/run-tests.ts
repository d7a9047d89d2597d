// Runs the suite on Node and on Deno side by side: much of it waits for programs that it starts. What Node prints is
// shown as it comes, what Deno prints after it. Words behind `npm test --` choose test files on both.
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));
const words = process.argv.slice(2);

interface Suite {
  readonly exit: number;
  readonly printed: string;
}

function run(program: string, args: readonly string[], isShown: boolean): Promise<Suite> {
  const child = spawn(program, args, { cwd: root, stdio: ["ignore", isShown ? "inherit" : "pipe", "inherit"] });
  let printed = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => void (printed += text));
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ exit: code ?? 1, printed }));
  });
}

const [onNode, onDeno] = await Promise.all([
  run(process.execPath, ["node_modules/vitest/vitest.mjs", "run", ...words], true),
  run("node_modules/.bin/deno", ["run", "-A", "npm:vitest", "run", ...words], false),
]);
process.stdout.write(`\nOn Deno:\n${onDeno.printed}\n`);
process.exitCode = Math.max(onNode.exit, onDeno.exit);
