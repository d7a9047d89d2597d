/**
 * The engine: prompts become tool calls, every call passes the gate, everything leaves a record. Knows no terminal and
 * no editor: front doors feed it input and read its events.
 *
 * @example
 * ```ts
 * const session = openSession(options);
 * await session.submit({ text: "What does this project do?", data: [] });
 * await session.close("ok");
 * ```
 * @module
 */
export * from "./approve.ts";
export * from "./call.ts";
export * from "./context.ts";
export * from "./deps.ts";
export * from "./errors.ts";
export * from "./events.ts";
export * from "./http.ts";
export * from "./http/backend.ts";
export * from "./limits.ts";
export * from "./open-session.ts";
export * from "./provenance.ts";
export { builtinHelp } from "./providers/builtin.ts";
export * from "./providers/detect-local.ts";
export * from "./providers/model.ts";
export * from "./providers/open-model.ts";
export * from "./providers/parse-builtin-line.ts";
export * from "./providers/parse-script.ts";
export * from "./quotes.ts";
export * from "./session.ts";
export * from "./tools/registry.ts";
export * from "./tools/tool.ts";
export * from "./transcript.ts";
