import type { ApprovalPreview } from "../../core/mod.ts";
import type { Presented } from "./tool.ts";

/** A preview for calls whose title says it all. */
export function quietPreview(text: string): ApprovalPreview {
  return { kind: "text", text };
}

/** What is presented when a tier answers another question than it was asked: an error, never a guess. */
export function unpresented(op: string): Presented {
  return {
    output: null,
    truncated: false,
    sources: [],
    classes: [],
    error: { code: "SANDBOX_FAILED", message: `Cannot read the outcome: the tier answered "${op}"`, hint: null },
  };
}
