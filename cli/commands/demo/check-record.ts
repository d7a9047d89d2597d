import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseSessionId } from "../../../core/mod.ts";
import { StatsCollector, verify, type VerifyOptions, walkSessions } from "../../../audit/mod.ts";
import { openInstallation } from "../../compose/installation.ts";
import type { CommandContext } from "../../context.ts";
import { PROJECT_FOLDER } from "../../project-root.ts";
import type { Promised } from "./promises.ts";
import type { Scene } from "./scene.ts";

/** What the record of the demo says, and whether it holds. */
export interface CheckedRecord {
  readonly promises: readonly Promised[];
  /** Lines of figures for people. */
  readonly summary: readonly string[];
}

/**
 * Verifies the record, changes one bit of a copy of it and verifies that, and adds up what it says.
 *
 * @param stage Project and home of the demo.
 * @param played The scene and its session.
 * @returns Two promises and the figures.
 */
export async function checkRecord(
  stage: CommandContext,
  played: { readonly scene: Scene; readonly session: string },
): Promise<CheckedRecord> {
  const dir = join(stage.cwd, PROJECT_FOLDER, "audit");
  const { home, keys } = await openInstallation(stage);
  const options: VerifyOptions = {
    dir,
    home,
    project: stage.cwd,
    identity: keys.auditSign.publicKey,
    secretOf: (kid) => keys.auditBoxSecret(kid),
  };
  const report = await verify(options);
  const events = report.sessions.reduce((sum, session) => sum + session.events, 0);

  // One bit of one record, as somebody might change it afterwards; never in the true one.
  const copy = join(played.scene.folder, "changed");
  cpSync(dir, copy, { recursive: true });
  const file = join(copy, `${played.session}.jsonl`);
  const bytes = readFileSync(file);
  const middle = Math.floor(bytes.length / 2);
  bytes[middle] = (bytes[middle] ?? 0) ^ 1;
  writeFileSync(file, bytes);
  const changed = await verify({ ...options, dir: copy });
  const found = changed.sessions.flatMap(({ problems }) => problems)[0];

  return {
    promises: [
      {
        text: "every decision is on record, and the record verifies",
        held: report.ok && events > 10,
        detail: `${events} events in ${report.sessions.length} sessions`,
      },
      {
        text: "a record that was changed afterwards is found",
        held: !changed.ok && found !== undefined,
        detail: found === undefined ? "not found" : `${found.code}: ${found.detail}`,
      },
    ],
    summary: await figures({ dir, secretOf: options.secretOf, session: played.session }),
  };
}

async function figures(
  of: { readonly dir: string; readonly secretOf: (kid: string) => Uint8Array | null; readonly session: string },
): Promise<readonly string[]> {
  const collector = new StatsCollector();
  await walkSessions(
    { dir: of.dir, secretOf: of.secretOf, filter: {}, session: parseSessionId(of.session) },
    ({ event }) => {
      if (event !== null) collector.take(event);
    },
  );
  const { by, approvals } = collector.finish(1);
  return [
    `\nThe record says: ${counted(by.decision)}; ${approvals.count} answered by a person`,
    `  by tool        ${counted(by.tool)}`,
    `  by rule        ${counted(by.rule)}`,
  ];
}

function counted(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts).map(([name, number]) => `${number} ${name}`).join(", ");
}
