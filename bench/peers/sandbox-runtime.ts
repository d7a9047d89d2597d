import { spawn } from "node:child_process";
import process from "node:process";

/** Somebody else's sandbox, started once, or the reason why it does not start on this machine. */
export type PeerSandbox =
  | { readonly problem: null; readonly run: () => Promise<number>; readonly stop: () => Promise<void> }
  | { readonly problem: string };

/** Starts it with all networks closed and one folder to write to; never throws. */
export async function startPeerSandbox(program: string, project: string): Promise<PeerSandbox> {
  try {
    const { SandboxManager: manager } = await import("@anthropic-ai/sandbox-runtime");
    await manager.initialize({
      network: { allowedDomains: [], deniedDomains: [] },
      filesystem: { denyRead: [], allowWrite: [project], denyWrite: [] },
    });
    async function run(): Promise<number> {
      const begun = performance.now();
      await runInShell(await manager.wrapWithSandbox(program), project);
      const ms = performance.now() - begun;
      manager.cleanupAfterCommand();
      return ms;
    }
    try {
      await run();
    } catch (error) {
      await manager.reset();
      throw error;
    }
    return { problem: null, run, stop: () => manager.reset() };
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
}

function runInShell(line: string, cwd: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn("/bin/sh", ["-c", line], { cwd, stdio: ["ignore", "pipe", "pipe"], env: process.env });
    let said = "";
    child.stderr.on("data", (bytes: Buffer) => said += bytes.toString());
    child.stdout.resume();
    child.once("error", reject);
    child.once("close", (code) => {
      if (code === 0) resolve();
      else reject(new Error(`exit ${code}: ${said.trim().slice(0, 120)}`));
    });
  });
}
