// Writes to one session until stdin ends. Started by two-processes.test.ts.
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { AuditError, DEFAULT_AUDIT_SETTINGS, openAuditLog, writerFacts } from "../../audit/mod.ts";
import { b2, openKeys, parseSessionId } from "../../core/mod.ts";

const [root = "", session = ""] = process.argv.slice(2);
const random = { bytes: (count: number): Uint8Array => new Uint8Array(randomBytes(count)) };
const home = join(root, "home");
const stop = new AbortController();
process.stdin.on("end", () => stop.abort()).resume();
// Who started us may have given up by now.
process.stdout.on("error", () => process.exit(1));

try {
  const log = await openAuditLog({
    dir: join(root, "audit"),
    home,
    project: root,
    session: parseSessionId(session),
    keys: await openKeys({ home, random }),
    clock: { now: () => Date.now(), mono: () => performance.now() },
    random,
    timers: {
      after(ms, run) {
        const timer = setTimeout(run, ms);
        return () => clearTimeout(timer);
      },
    },
    writer: writerFacts({ pid: process.pid, version: "0.1.0", runtime: "test" }),
    settings: DEFAULT_AUDIT_SETTINGS,
    policy: b2("policy"),
    front: "cli",
    mask: (text) => text,
  });
  process.stdout.write("open\n");
  for (let i = 0; !stop.signal.aborted; i++) {
    const { seq } = log.append({ event: "intent", execution_id: `exe_${i}`, decision: "allow" });
    await log.barrier(seq, i % 4 === 0);
    log.append({ event: "result", execution_id: `exe_${i}` });
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  await log.close("ok");
  process.stdout.write("closed\n");
} catch (error) {
  process.stdout.write(`${error instanceof AuditError ? error.code : String(error)}\n`);
}
