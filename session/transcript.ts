export type { LinePlace } from "./transcript/format.ts";
export { type ExportBlock, type ExportDocument, exportDocument } from "./transcript/export-blocks.ts";
export { exportHtml } from "./transcript/export-html.ts";
export { exportMarkdown } from "./transcript/export-markdown.ts";
export * from "./transcript/list-transcripts.ts";
export * from "./transcript/open-transcript.ts";
export {
  readTranscript,
  type TranscriptContent,
  type TranscriptEnd,
  transcriptFile,
  type TranscriptFolder,
} from "./transcript/read-transcript.ts";
export { titleOf, type TranscriptHeader, type TranscriptRecord, type TranscriptState } from "./transcript/record.ts";
export type { Transcript, TranscriptWriting } from "./transcript/transcript-writer.ts";
export * from "./transcript/write-transcript.ts";
