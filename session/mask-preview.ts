import type { ApprovalPreview, Redactor } from "../core/mod.ts";

/**
 * Masks what a person is shown of a call.
 *
 * Threat: the file that is about to be changed holds a value, and the question goes to an editor's window or log.
 *
 * @param redactor Knows every secret value.
 * @param preview What would be shown.
 * @returns The same without secret values.
 * @throws {CoreError} `REDACTION_FAILED`.
 */
export function maskPreview(redactor: Redactor, preview: ApprovalPreview): ApprovalPreview {
  function mask(text: string): string {
    return redactor.mask(text).text;
  }
  function maskSide(text: string | null): string | null {
    return text === null ? null : mask(text);
  }
  if (preview.kind === "text") return { kind: "text", text: mask(preview.text) };
  return {
    kind: "changes",
    summary: mask(preview.summary),
    changes: preview.changes.map((change) => ({
      ...change,
      path: mask(change.path),
      before: maskSide(change.before),
      after: maskSide(change.after),
    })),
  };
}
