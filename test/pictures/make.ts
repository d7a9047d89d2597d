// Takes the pictures of docs/pictures from real runs in tmux: `npm run pictures` (build first). The same program makes
// the same pictures: what differs from run to run is replaced.
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { runAgentzero } from "../support/run-agentzero.ts";
import { PROMPT, type Scene, SCENES, SCRIPT } from "./scenes.ts";
import { screenSvg } from "./screen-svg.ts";
import { steady } from "./steady.ts";
import { openTerminal } from "./terminal.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const ENTRY = join(ROOT, "dist/cli/bin.js");
const OUT = join(ROOT, "docs/pictures");
/** More than any scene prints. */
const ROWS = 60;

for (const scene of SCENES) {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "az-pictures-")));
  try {
    // oxlint-disable-next-line no-await-in-loop -- one terminal at a time
    const svg = await pictureOf(scene, folder);
    writeFileSync(join(OUT, `${scene.name}.svg`), svg);
    process.stdout.write(`docs/pictures/${scene.name}.svg: ${svg.length} bytes\n`);
  } finally {
    // The terminal was closed just now, and what ran in it may still be writing its last line.
    rmSync(folder, { recursive: true, force: true, maxRetries: 20 });
  }
}

async function pictureOf(scene: Scene, folder: string): Promise<string> {
  const [home, cwd] = [join(folder, "me"), join(folder, "shop")];
  mkdirSync(join(cwd, "src"), { recursive: true });
  mkdirSync(home);
  writeFileSync(join(cwd, "src/tax.js"), "// per cent\nexport const rate = 19;\n");
  writeFileSync(join(cwd, ".env"), "PAYMENT_KEY=not-a-real-key\n");
  writeFileSync(join(cwd, "turns.yml"), SCRIPT);
  const at = { cwd, env: { HOME: home } };
  await must(["init"], at);
  if (scene.name === "verify") await must(["call", "read", '{"path":"src/tax.js"}'], at);
  const rc = join(folder, "rc");
  writeFileSync(
    rc,
    [
      `PS1='${PROMPT}'`,
      `agentzero() { '${process.execPath}' '${ENTRY}' "$@"; }`,
      "git init -q; clear",
      "",
    ].join("\n"),
  );
  const terminal = openTerminal({
    columns: scene.columns,
    rows: ROWS,
    cwd: scene.name === "demo" ? ROOT : cwd,
    shell: ["bash", "--noprofile", "--rcfile", rc, "-i"],
    env: {
      PATH: `${dirname(process.execPath)}:${process.env["PATH"] ?? ""}`,
      HOME: home,
      TERM: "screen-256color",
      LANG: "C.UTF-8",
    },
  });
  try {
    await terminal.waitFor(PROMPT.trimEnd());
    await scene.play(terminal);
    const lines = steady(terminal.look());
    return screenSvg({ lines: cut(lines, scene), columns: scene.columns, title: scene.title });
  } finally {
    terminal.close();
  }
}

function cut(lines: readonly string[], { from, to, name }: Scene): readonly string[] {
  const first = from === null ? 0 : lines.findIndex((line) => line.includes(from));
  const last = to === null ? lines.length - 1 : lines.findIndex((line, at) => at > first && line.includes(to));
  if (first < 0 || last < 0) throw new Error(`${name}: the screen does not hold the lines of the picture`);
  return lines.slice(first, last + 1);
}

async function must(
  words: readonly string[],
  at: { readonly cwd: string; readonly env: Readonly<Record<string, string>> },
): Promise<void> {
  const ran = await runAgentzero(words, at);
  if (ran.exit !== 0) throw new Error(`agentzero ${words.join(" ")} ended with ${ran.exit}: ${ran.stderr}`);
}
