import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/** Debian's registry, if it is installed. */
export const HAS_REGISTRY: boolean = spawnSync("docker-registry", ["--version"]).status === 0;
/** `skopeo`, if it is installed. */
export const HAS_SKOPEO: boolean = spawnSync("skopeo", ["--version"]).status === 0;

/** A registry that runs. */
export interface Registry {
  readonly port: number;
  /** Folder of its data. */
  readonly data: string;
}

/** What our own registry answers, and no other program that took the port. */
const OWN = "X-Own-Registry";

/** A port that was free just now. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === "object" && address !== null ? address.port : 0;
}

/** Starts the registry on loopback, with lines of configuration besides; it ends with the test. */
export async function startRegistry(dir: string, more = ""): Promise<Registry> {
  for (let attempt = 0;; attempt++) {
    // oxlint-disable-next-line no-await-in-loop -- another program may take the port first
    const started = await tryStart(dir, more);
    if (started !== null) return started;
    if (attempt > 3) throw new Error("the registry does not start");
  }
}

async function tryStart(dir: string, more: string): Promise<Registry | null> {
  const port = await freePort();
  const own = randomUUID();
  const data = join(dir, `registry-${port}`);
  mkdirSync(data);
  const config = join(dir, `registry-${port}.yml`);
  writeFileSync(
    config,
    `version: 0.1
log: { level: error, accesslog: { disabled: true } }
storage: { filesystem: { rootdirectory: ${data} }, delete: { enabled: true } }
http: { addr: "127.0.0.1:${port}", headers: { ${OWN}: ["${own}"] } }
${more}`,
  );
  const child: ChildProcess = spawn("docker-registry", ["serve", config], { stdio: "ignore" });
  onTestFinished(async () => {
    if (child.exitCode !== null) return;
    const gone = new Promise((resolve) => child.on("exit", resolve));
    child.kill("SIGKILL");
    await gone;
  });
  while (child.exitCode === null) {
    try {
      // oxlint-disable-next-line no-await-in-loop -- until it listens
      const answer = await fetch(`http://127.0.0.1:${port}/v2/`);
      if (answer.headers.get(OWN) === own) return { port, data };
    } catch {
      // Not yet.
    }
    // oxlint-disable-next-line no-await-in-loop -- until it listens
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return null;
}
