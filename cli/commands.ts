import type { Command } from "commander";
import type { Frame } from "./context.ts";

/** A module of `commands/`. */
export interface CommandModule {
  /** Declares the command's words and options; imports no implementation. */
  register(program: Command, frame: Frame): void;
}

/** Where a top-level command is declared. */
export interface CommandEntry {
  readonly name: string;
  readonly load: () => Promise<CommandModule>;
}

/** Every top-level command, in the order of the help. Only the module of the one that runs is loaded. */
export const COMMANDS: readonly CommandEntry[] = [
  { name: "init", load: () => import("./commands/init.ts") },
  { name: "chat", load: () => import("./commands/chat.ts") },
  { name: "run", load: () => import("./commands/run.ts") },
  { name: "call", load: () => import("./commands/call.ts") },
  { name: "demo", load: () => import("./commands/demo.ts") },
  { name: "doctor", load: () => import("./commands/doctor.ts") },
  { name: "policy", load: () => import("./commands/policy.ts") },
  { name: "audit", load: () => import("./commands/audit.ts") },
  { name: "vault", load: () => import("./commands/vault.ts") },
  { name: "skill", load: () => import("./commands/skill.ts") },
  { name: "trust", load: () => import("./commands/trust.ts") },
  { name: "key", load: () => import("./commands/key.ts") },
  { name: "tool", load: () => import("./commands/tool.ts") },
  { name: "session", load: () => import("./commands/session.ts") },
  { name: "acp", load: () => import("./commands/acp.ts") },
  { name: "completions", load: () => import("./commands/completions.ts") },
];
