/**
 * The encrypted, verifiable record of what was proposed, decided and done.
 *
 * @example
 * ```ts
 * const log = await openAuditLog(options);
 * const { seq } = log.append({ event: "intent", call, tool: "read", decision: "allow" });
 * await log.barrier(seq, false);
 * log.append({ event: "result", call, result: { status: "ok" } });
 * await log.close("ok");
 * ```
 * @module
 */
export * from "./errors.ts";
export * from "./event.ts";
export * from "./log.ts";
export * from "./open-log.ts";
export * from "./problem.ts";
export * from "./settings.ts";
export * from "./verify.ts";
export * from "./verify-session.ts";
export * from "./writer-facts.ts";
