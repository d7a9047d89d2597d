import { lstatSync, readFileSync } from "node:fs";
import type { AuditEvent, AuditLog } from "../../../audit/mod.ts";
import type { ApprovalRequest, CallId, PermitSpender } from "../../../core/mod.ts";
import type { StagedRun } from "../../../sandbox/mod.ts";
import type { GateParts, SessionEvent, Tiers } from "../../../session/mod.ts";

/** What happened at the two edges of the gate, in the order in which it happened. */
export type Entry =
  | { readonly kind: "record"; readonly seq: number; readonly event: AuditEvent }
  /** The record up to here will outlive a crash: it was written as for something that cannot be undone. */
  | { readonly kind: "safe"; readonly seq: number }
  | { readonly kind: "event"; readonly event: SessionEvent }
  /** What a model far away got. */
  | { readonly kind: "sent"; readonly text: string }
  /** What a person is shown. */
  | { readonly kind: "asked"; readonly request: ApprovalRequest }
  /** From here on the session only reads. */
  | { readonly kind: "reading" }
  /** From here on the vault holds one value more. */
  | { readonly kind: "known" }
  /** A permit was spent: from here on the effect may happen. */
  | {
    readonly kind: "effect";
    readonly backend: Sink;
    readonly call: CallId | null;
    readonly spec: object;
    /** What stands where something is about to be written; `undefined` for other sinks. */
    readonly found?: string | null;
  };

/** Where effects happen. */
export type Sink = keyof Tiers | "keep";

/** Wraps the record and the tiers of a gate, so that every record and every effect is written down. */
export function watch(parts: GateParts, journal: Entry[]): GateParts {
  function permitsOf(sink: Sink, spec: object): PermitSpender {
    return {
      spend(permit, digest, tier): void {
        parts.permits.spend(permit, digest, tier);
        const found = sink === "writer" ? { found: standing(spec) } : {};
        journal.push({ kind: "effect", backend: sink, call: parts.permits.spentFor(permit), spec, ...found });
      },
    };
  }
  const { files, writer, folders, process, http, wasm } = parts.tiers;
  return {
    ...parts,
    audit: watchedLog(parts.audit, journal),
    tiers: {
      files: {
        ...files,
        run: (permit, spec, io) => files.run(permit, spec, { ...io, permits: permitsOf("files", spec) }),
      },
      writer: {
        ...writer,
        run: (permit, spec, io) => writer.run(permit, spec, { ...io, permits: permitsOf("writer", spec) }),
      },
      folders: {
        ...folders,
        run: (permit, spec, io) => folders.run(permit, spec, { ...io, permits: permitsOf("folders", spec) }),
      },
      process: {
        ...process,
        async run(permit, spec, io) {
          const outcome = await process.run(permit, spec, { ...io, permits: permitsOf("process", spec) });
          if (!outcome.ok || outcome.value.stage === null) return outcome;
          return { ...outcome, value: { ...outcome.value, stage: watchedStage(outcome.value.stage, permitsOf) } };
        },
      },
      http: { ...http, run: (permit, spec, io) => http.run(permit, spec, { ...io, permits: permitsOf("http", spec) }) },
      ...(wasm === undefined ? {} : {
        wasm: {
          ...wasm,
          run: (permit, spec, io) => wasm.run(permit, spec, { ...io, permits: permitsOf("wasm", spec) }),
        },
      }),
    },
  };
}

function standing(spec: object): string | null {
  const { target } = { target: "", ...spec };
  const stat = lstatSync(target, { throwIfNoEntry: false });
  return stat?.isFile() === true ? readFileSync(target, "utf8") : null;
}

function watchedStage(stage: StagedRun, permitsOf: (sink: Sink, spec: object) => PermitSpender): StagedRun {
  return {
    changes: stage.changes,
    readChange: (path, maxBytes) => stage.readChange(path, maxBytes),
    keepDigest: (paths) => stage.keepDigest(paths),
    keep: (permit, paths, io) => stage.keep(permit, paths, { ...io, permits: permitsOf("keep", { paths }) }),
    discard: () => stage.discard(),
  };
}

function watchedLog(log: AuditLog, journal: Entry[]): AuditLog {
  return {
    session: log.session,
    get file() {
      return log.file;
    },
    get failed() {
      return log.failed;
    },
    get closed() {
      return log.closed;
    },
    get warnings() {
      return log.warnings;
    },
    append(event) {
      const written = log.append(event);
      journal.push({ kind: "record", seq: written.seq, event });
      return written;
    },
    async barrier(seq, risky) {
      await log.barrier(seq, risky);
      if (risky) journal.push({ kind: "safe", seq });
    },
    tag: (data) => log.tag(data),
    close: (exit) => log.close(exit),
  };
}
