// Installs a package and dies by SIGKILL at a given file operation of the installation. Started by kill.test.ts.
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { dirname } from "node:path";
import { Readable, Writable } from "node:stream";

const [project = "", home = "", at = "-1", ...words] = process.argv.slice(2);
let operations = 0;
let counting = false;

function die(): never {
  process.kill(process.pid, "SIGKILL");
  // The signal may take a moment to arrive; nothing may happen meanwhile.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10_000);
  throw new Error("still alive");
}

const NAMES = [
  "fsyncSync",
  "linkSync",
  "mkdirSync",
  "openSync",
  "renameSync",
  "rmSync",
  "unlinkSync",
  "writeFileSync",
  "writeSync",
] as const;

/** Makes one function of `node:fs` count, and die before it works when its turn has come. */
function count(name: (typeof NAMES)[number]): void {
  const real = fs[name] as (...given: unknown[]) => unknown;
  function counted(...given: unknown[]): unknown {
    // The installation itself begins when its lock is taken; what is before it changes nothing but the record.
    if (String(given[0]).includes("install.lock")) counting = true;
    if (counting && operations++ === Number(at)) {
      // A write that was cut in the middle is the worst place to die at.
      if (name === "writeSync" && given[1] instanceof Uint8Array && given[1].length > 8) {
        real(given[0], given[1].subarray(0, given[1].length >> 1));
      }
      if (name === "writeFileSync") real(given[0], String(given[1]).slice(0, 20), given[2]);
      die();
    }
    // It ends with its lock; what comes after is the end of the record.
    if (name === "rmSync" && String(given[0]).endsWith("install.lock")) counting = false;
    return real(...given);
  }
  Object.assign(fs, { [name]: counted });
}

for (const name of NAMES) count(name);
syncBuiltinESMExports();

const { runCommandLine } = await import("../../../cli/main.ts");
const nothing = new Writable({ write: (_chunk, _encoding, done) => done() });
const exit = await runCommandLine([...words, "--cwd", project, "--json"], {
  stdin: Readable.from([]),
  stdout: nothing,
  stderr: nothing,
  tty: { stdin: false, stdout: false, stderr: false, columns: 100, rows: 40 },
  environment: {
    variables: { HOME: dirname(home), AGENTZERO_HOME: home },
    process: {},
    takePassphrase: () => null,
  },
  signal: new AbortController().signal,
  columns: () => 100,
  rows: () => 40,
  onResize: () => () => undefined,
  onExit: () => () => undefined,
  end: () => Promise.resolve(),
});
process.stdout.write(`${exit} ${operations}\n`);
