import { AgentZeroError } from "../core/mod.ts";

/** Codes of failures inside `sandbox`; most of them reach callers as the `code` of an outcome, not as an exception. */
export type SandboxErrorCode =
  /** The program that makes components of scripts is not installed. */
  | "BUILDER_MISSING"
  /** Too many runs wait already. */
  | "BUSY"
  /** A script made its `run` asynchronous: host calls are synchronous, nothing drains what it left. */
  | "ASYNC_TOOL"
  /** The caller took the call back. */
  | "CANCELLED"
  /** More host calls, or more bytes in them, than a run may have. */
  | "LIMIT_CALLS"
  /** Bytes that are not the ones that were pinned. */
  | "DIGEST_MISMATCH"
  /** A script that needs a program which is not there, or which is none of the system's. */
  | "EXEC_DENIED"
  /** Free disk, or what a run may write, ran out. */
  | "LIMIT_DISK"
  /** A guest used up its instructions. */
  | "LIMIT_FUEL"
  /** A limit outside its bounds. */
  | "LIMIT_INVALID"
  /** The processes of a run together used more memory than they may. */
  | "LIMIT_MEMORY"
  /** A run printed more than is drained. */
  | "LIMIT_OUTPUT"
  /** More processes than a run may have. */
  | "LIMIT_PROCESSES"
  /** An input, a file or a walk above its bound. */
  | "LIMIT_SIZE"
  /** The deadline passed. */
  | "LIMIT_TIME"
  /** No such file, folder or program. */
  | "NOT_FOUND"
  /** A folder, device, socket, FIFO or link where a regular file is needed. */
  | "NOT_REGULAR"
  /** The file system refuses: permissions, read-only, quota. */
  | "FILE_REFUSED"
  /** What stands there is no longer what was judged. */
  | "PATH_CHANGED"
  /** A path that no file can have. */
  | "PATH_INVALID"
  /** A search expression that cannot be compiled or is too long. */
  | "PATTERN_INVALID"
  /** A permit that does not fit. */
  | "PERMIT_INVALID"
  /** The sandbox could not be set up or broke; nothing is retried with less. */
  | "SANDBOX_FAILED"
  /** A secret value that no environment variable can carry. */
  | "SECRET_PLACE"
  /** A spec that no sandbox can run. */
  | "SPEC_INVALID"
  /** The tier is `deny` or `none`. */
  | "TIER_DENIED"
  /** The tier's backend does not work here. */
  | "TIER_UNAVAILABLE"
  /** A tier that is not a word of the closed set. */
  | "TIER_UNKNOWN"
  /** What a guest itself calls a failure; the text is its own. */
  | "TOOL_ERROR"
  /** A compiled component in the store is not what was written there. */
  | "WASM_CACHE"
  /** Not a component, or one that cannot be read. */
  | "WASM_FORMAT"
  /** A component imports what no manifest may declare, or what its own does not. */
  | "WASM_IMPORTS"
  /** Memories, tables, functions or features beyond what can be bounded. */
  | "WASM_LIMITS"
  /** A guest broke off: an instruction that has no meaning, a host call that was not there. Its state is gone. */
  | "WASM_TRAP"
  /** A component exports something else than its world does. */
  | "WASM_WORLD"
  /** The project is so wide that it would take secrets or the record with it. */
  | "WORKSPACE_WIDE";

/** A failure inside `sandbox`. */
export class SandboxError extends AgentZeroError<SandboxErrorCode> {}
