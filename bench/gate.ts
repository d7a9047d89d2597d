import { join } from "node:path";
import { createNobody } from "../cli/approvers.ts";
import { openComposedSession } from "../cli/compose.ts";
import { inProject } from "./support/in-project.ts";
import { median, quantile, type Row, rowWithin } from "./support/row.ts";

const RUNS = 3000;

/** The engine on a fresh project: a decision with its record, and one whole gated read. */
export async function measure(): Promise<readonly Row[]> {
  return inProject(async (context, project) => {
    const composed = await openComposedSession(context, {
      front: "call",
      approver: createNobody(),
      mode: "ask",
      project: "required",
      emit: () => undefined,
    });
    const { policy, audit, session } = composed;
    const real = join(project, "README.md");
    const action = {
      capability: "file_read",
      target: { kind: "path", real, lexical: real, file: "file", staged: false },
      classes: ["private"],
      tier: "host-readonly",
      tainted: false,
      skill: null,
    } as const;
    const decided: number[] = [];
    for (let i = 0; i < RUNS; i++) {
      const start = performance.now();
      const { decision, rule, layer, reason } = policy.decide(action);
      audit.append({ event: "intent", tool: "read", capability: "file_read", decision, rule, layer, reason });
      decided.push((performance.now() - start) * 1000);
    }
    const reads: number[] = [];
    const { signal } = new AbortController();
    for (let i = 0; i < 300; i++) {
      const start = performance.now();
      await session.call("read", { path: "README.md" }, signal);
      reads.push(performance.now() - start);
    }
    await composed.close();
    return [
      rowWithin("decide + intent in the log, p50", median(decided), { unit: "us", limit: 100 }),
      rowWithin("decide + intent in the log, p95", quantile(decided, 0.95), { unit: "us", limit: 300 }),
      rowWithin("one gated read in a session, p50", median(reads), { unit: "ms", limit: 1 }),
    ];
  });
}
