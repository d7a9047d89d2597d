// Records a short session and dies by SIGKILL at a given file operation. Started by kill.test.ts.
import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type LogFiles, NODE_FILES } from "../../audit/log-files.ts";
import { DEFAULT_AUDIT_SETTINGS, openAuditLog, writerFacts } from "../../audit/mod.ts";
import { b2, createIds, openKeys } from "../../core/mod.ts";

const [root = "", at = "-1", torn = ""] = process.argv.slice(2);
let operations = 0;

function die(): never {
  process.kill(process.pid, "SIGKILL");
  // The signal may take a moment to arrive; nothing may happen meanwhile.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10_000);
  throw new Error("still alive");
}

function step(): boolean {
  return operations++ === Number(at);
}

const files: LogFiles = {
  create(path) {
    if (step()) die();
    return NODE_FILES.create(path);
  },
  openAppend(path) {
    if (step()) die();
    return NODE_FILES.openAppend(path);
  },
  write(fd, bytes) {
    if (step()) {
      if (torn !== "") NODE_FILES.write(fd, bytes.subarray(0, Math.floor(bytes.length / 2)));
      die();
    }
    return NODE_FILES.write(fd, bytes);
  },
  truncate: (fd, length) => NODE_FILES.truncate(fd, length),
  async sync(fd) {
    if (step()) die();
    await NODE_FILES.sync(fd);
  },
  syncNow: (fd) => NODE_FILES.syncNow(fd),
  syncFolder: (dir) => NODE_FILES.syncFolder(dir),
  close(fd) {
    if (step()) die();
    NODE_FILES.close(fd);
  },
};

const random = { bytes: (count: number): Uint8Array => new Uint8Array(randomBytes(count)) };
const clock = { now: (): number => Date.now(), mono: (): number => performance.now() };
const timers = {
  after(ms: number, run: () => void): () => void {
    const timer = setTimeout(run, ms);
    timer.unref?.();
    return () => clearTimeout(timer);
  },
};
const home = join(root, "home");
const log = await openAuditLog({
  dir: join(root, "audit"),
  home,
  project: root,
  session: createIds(clock, random).next("ses"),
  keys: await openKeys({ home, random }),
  clock,
  random,
  timers,
  writer: writerFacts({ pid: process.pid, version: "0.1.0", runtime: "test" }),
  settings: DEFAULT_AUDIT_SETTINGS,
  policy: b2("policy"),
  front: "cli",
  mask: (text) => text,
  files,
});
for (const [name, capability] of [["read", "file_read"], ["shell", "shell_command"]] as const) {
  const { seq } = log.append({ event: "intent", execution_id: `exe_${name}`, decision: "allow", capability });
  await log.barrier(seq, capability === "shell_command");
  if (step()) die();
  writeFileSync(join(root, `effect-${name}`), "done");
  if (step()) die();
  log.append({ event: "result", execution_id: `exe_${name}`, result: { status: "ok" } });
}
await log.close("ok");
process.stdout.write(String(operations));
