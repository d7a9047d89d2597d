import { isDigest, shape } from "../../core/mod.ts";
import type { RegisteredVersion } from "./place.ts";

/** Why a tool is switched off: by a person, after failures in a row, because its files were changed. */
export type DisabledBy = "person" | "failures" | "integrity";

/** What `active.json` says of a tool. */
export interface ActiveRecord {
  readonly name: string;
  /** Number of the version that runs. */
  readonly active: number;
  /** `null` while it can be called. */
  readonly disabled: DisabledBy | null;
  /** Failures of the sandbox in a row. */
  readonly failures: number;
  /** Oldest first. */
  readonly versions: readonly RegisteredVersion[];
  /** Grows with every change; against putting old files back. */
  readonly epoch: number;
}

const ACTIVE = shape.object({
  v: shape.integer({ min: 1, max: 1 }),
  name: shape.string(),
  active: shape.integer({ min: 1 }),
  disabled: shape.nullable(shape.oneOf("person", "failures", "integrity")),
  failures: shape.integer({ min: 0 }),
  versions: shape.list(
    shape.object({ n: shape.integer({ min: 1 }), entry: shape.guarded(isDigest, "a digest") }),
    { min: 1 },
  ),
  epoch: shape.integer({ min: 1 }),
});

/** The content of `active.json` without its MAC. */
export function activeContent(record: ActiveRecord): Readonly<Record<string, unknown>> {
  return { v: 1, ...record };
}

/** Decodes the content of an `active.json` whose MAC held; `null` when it is not what this version writes. */
export function readActive(content: unknown): ActiveRecord | null {
  const decoded = ACTIVE.safeParse(content);
  if (!decoded.success) return null;
  const { v: _v, ...record } = decoded.data;
  return record.versions.some(({ n }) => n === record.active) ? record : null;
}
