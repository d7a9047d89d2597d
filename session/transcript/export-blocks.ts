import type { Label } from "../../core/mod.ts";
import type { ContextItem } from "../context.ts";
import type { TranscriptContent } from "./read-transcript.ts";
import type { TranscriptRecord } from "./record.ts";
import { visibleText } from "./visible-text.ts";

/** One block of an exported conversation; every text is masked and visible. */
export interface ExportBlock {
  /** Who or what speaks. */
  readonly kind: "person" | "data" | "model" | "call" | "notice";
  /** Heading of one line. */
  readonly title: string;
  /** Origin, e.g. `file, private, src/a.ts`; empty for the person and for notices. */
  readonly label: string;
  /** The text. */
  readonly text: string;
}

/** Everything a page is made of. */
export interface ExportDocument {
  /** Title of the conversation. */
  readonly title: string;
  /** What it is, name by name. */
  readonly facts: readonly (readonly [name: string, value: string])[];
  /** The conversation in order. */
  readonly blocks: readonly ExportBlock[];
}

/**
 * Turns a transcript into blocks for export. Masks again: a value may have joined the vault since it was written.
 *
 * @param content The transcript.
 * @param mask Masks secret values.
 * @returns The document.
 */
export function exportDocument(content: TranscriptContent, mask: (text: string) => string): ExportDocument {
  function clean(text: string): string {
    return visibleText(mask(text));
  }
  const { header } = content;
  return {
    title: clean(header.title) || content.session,
    facts: [
      ["Session", content.session],
      ["Started", new Date(content.created).toISOString()],
      ["Folder", clean(header.cwd)],
      ["Model", `${clean(header.provider)}/${clean(header.model)} (${header.locality})`],
      ["Policy", header.policy],
      ["Version", clean(header.version)],
    ],
    blocks: [
      ...content.records.flatMap((record) => blocksOf(record, clean)),
      ...content.notices.map((text): ExportBlock => ({ kind: "notice", title: "Notice", label: "", text })),
    ],
  };
}

type Clean = (text: string) => string;

function blocksOf(record: TranscriptRecord, clean: Clean): readonly ExportBlock[] {
  switch (record.kind) {
    case "item":
      return itemBlocks(record.item, clean);
    case "rewrite":
      return [{ kind: "notice", title: "Notice", label: "", text: "The context was shortened here." }];
    case "notice":
      return [{ kind: "notice", title: "Notice", label: "", text: clean(record.text) }];
    case "state":
      return [];
    default:
      return record satisfies never;
  }
}

function itemBlocks(item: ContextItem, clean: Clean): readonly ExportBlock[] {
  if (item.kind === "prompt") {
    return [
      { kind: "person", title: "You", label: "", text: clean(item.text) },
      ...item.data.map((part): ExportBlock => ({
        kind: "data",
        title: "Data",
        label: labelText(part.label, clean),
        text: clean(part.text),
      })),
    ];
  }
  const calls = item.calls.map((call): ExportBlock => ({
    kind: "call",
    title: `Call ${clean(call.tool)}: ${call.status}`,
    label: labelText(call.result.label, clean),
    text: `${clean(JSON.stringify(call.args) ?? "")}\n\n${clean(call.result.text)}`,
  }));
  if (item.text === "") return calls;
  return [{ kind: "model", title: "Model", label: labelText(item.label, clean), text: clean(item.text) }, ...calls];
}

function labelText(label: Label, clean: Clean): string {
  return [...label.trust, ...label.classes, ...label.sources.map(clean)].join(", ");
}
