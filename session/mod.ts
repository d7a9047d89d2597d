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
export type { Act, GivenAnswer, OpenAct } from "./acts/act.ts";
export type { SourceNetOptions } from "./acts/source-net.ts";
export type { SourceCredential } from "./acts/source-actions.ts";
export type { Approved, CallFailure, CallResult, ChangeKind, ChangeReport, LabelledResult } from "./call.ts";
export type { AnsweredCall, ContextItem, LabelledText } from "./context.ts";
export type { BindingAnswer, BoundPlace, GateParts, HttpTier, Tiers } from "./deps.ts";
export * from "./errors.ts";
export type { SessionEvent, Stop } from "./events.ts";
export * from "./http.ts";
export * from "./http/backend.ts";
export { targetOf } from "./http/target.ts";
export * from "./limits.ts";
export * from "./open-session.ts";
export * from "./providers/detect-local.ts";
export * from "./providers/model.ts";
export * from "./providers/open-model.ts";
export * from "./providers/parse-builtin-line.ts";
export type { ScriptCall, ScriptTurn } from "./providers/parse-script.ts";
export { toolSheet } from "./generate/tool-sheet.ts";
export { type GeneratedParts, type GeneratedSetup, setUpGenerated } from "./generate/session-generated.ts";
export { setUpSkills, type SkillsSetup } from "./skills/session-skills.ts";
export type { PromptEnd, SessionInput } from "./prompt.ts";
export { type Acts, type Session, STDIN_LABEL } from "./session.ts";
export { systemPromptDigest } from "./system-prompt.ts";
export { describeTools, TOOL_NAMES, type ToolSummary } from "./tools/registry.ts";
export type { AskedLimit, AskedWasmLimit, ToolLimits } from "./tools/tool-limits.ts";
export type { PlanGround } from "./tools/tool.ts";
export {
  type ExportBlock,
  type ExportDocument,
  exportDocument,
  exportHtml,
  exportMarkdown,
  type LinePlace,
  type ListedTranscript,
  listTranscripts,
  type OpenTranscript,
  openTranscript,
  readTranscript,
  removeTranscript,
  type ResumedSession,
  titleOf,
  type Transcript,
  type TranscriptContent,
  type TranscriptEnd,
  transcriptFile,
  type TranscriptFolder,
  type TranscriptHeader,
  transcriptIds,
  type TranscriptRecord,
  type TranscriptState,
  type TranscriptWriting,
} from "./transcript.ts";
