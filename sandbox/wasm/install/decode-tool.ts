import { decode, shape } from "../../../core/mod.ts";
import type { ToolJob, ToolReply } from "./tool-job.ts";

const NAMES = shape.list(shape.string({ max: 4096 }), { max: 4096 });
const MANIFEST = shape.object({
  world: shape.oneOf("tool", "engine"),
  imports: shape.list(shape.oneOf("filesystem", "http", "secrets", "tools"), { max: 4 }),
  wasi: shape.list(shape.string({ max: 64 }), { max: 16 }),
});
const JOB = shape.union<ToolJob>("kind", {
  inspect: shape.object({ kind: shape.oneOf("inspect") }),
  install: shape.object({ kind: shape.oneOf("install"), manifest: MANIFEST, memoryPages: shape.integer({ min: 1 }) }),
  wat: shape.object({ kind: shape.oneOf("wat") }),
});
const DONE = shape.object({
  ok: shape.guarded((value: unknown): value is true => value === true, "true"),
  imports: NAMES,
  exports: NAMES,
  files: shape.list(
    shape.object({
      name: shape.string({ pattern: /^[a-z0-9]+(\.[a-z0-9]+)*$/, max: 64 }),
      size: shape.integer({ min: 0 }),
    }),
    { max: 64 },
  ),
});
const FAILED = shape.object({
  ok: shape.guarded((value: unknown): value is false => value === false, "false"),
  code: shape.string({ pattern: /^[A-Z_]+$/, max: 40 }),
  message: shape.string({ max: 2000 }),
  hint: shape.nullable(shape.string({ max: 2000 })),
});

/** Decodes a job that came over the pipe. */
export function decodeToolJob(head: unknown): ToolJob {
  return decode(JOB, head, "job");
}

/** Decodes a reply that came over the pipe; `null` for what is none. */
export function decodeToolReply(head: unknown): ToolReply | null {
  const done = DONE.safeParse(head);
  if (done.success) return done.data;
  const failed = FAILED.safeParse(head);
  return failed.success ? failed.data : null;
}
