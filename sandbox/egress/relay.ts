import { realpathSync } from "node:fs";
import type { HostFacts } from "../deps.ts";

/** Port of the proxy inside the sandbox. It stands here, since every start loads the relay and few the proxy. */
export const EGRESS_PORT = 3128;

/** Where the relay finds things, inside. */
const SOCKET = "/run/agentzero/egress.sock";
const RUNTIME = "/run/agentzero/runtime";

// Runs inside, in the runtime that runs us: loopback on one side, the socket of the proxy on the other.
const RELAY = `import("node:net").then(({ createServer, connect }) => {
  createServer((client) => {
    const proxy = connect(${JSON.stringify(SOCKET)});
    client.on("error", () => proxy.destroy());
    proxy.on("error", () => client.destroy());
    client.pipe(proxy);
    proxy.pipe(client);
  }).listen(${EGRESS_PORT}, "127.0.0.1");
});`;

// Starts the relay, waits until it listens, and becomes the command.
const START = [
  '( "$1" "$2" "$3" </dev/null >/dev/null 2>&1 & )',
  "shift 3",
  `for i in {1..3000}; do (exec 8<>/dev/tcp/127.0.0.1/${EGRESS_PORT}) 2>/dev/null && break; read -rt 0.01 <> <(:); done`,
  'exec "$@"',
].join("\n");

/**
 * Gives the mounts that a relay needs.
 *
 * @param socket Path of the proxy's socket.
 * @param facts Our own runtime.
 * @returns Options of bubblewrap.
 */
export function relayOptions(socket: string, facts: HostFacts): readonly string[] {
  return ["--ro-bind", realpathSync(facts.execPath), RUNTIME, "--bind", socket, SOCKET];
}

/**
 * Puts the relay in front of a command.
 *
 * @param command The words of the command.
 * @param bash Path of bash.
 * @param facts Our own runtime.
 * @returns The words that start both.
 */
export function withRelay(command: readonly string[], bash: string, facts: HostFacts): readonly string[] {
  const evaluate = facts.runtime === "deno" ? "eval" : "-e";
  return [bash, "--noprofile", "--norc", "-c", START, "agentzero-egress", RUNTIME, evaluate, RELAY, ...command];
}
