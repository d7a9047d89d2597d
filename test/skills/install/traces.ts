import { lstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { sha256 } from "../../../core/mod.ts";
import type { Desk } from "./desk.ts";

/** What may change although nothing was installed: the record, its ledgers, compiled policy, staging. */
const ELSEWHERE =
  /^project\/\.agentzero\/(audit|state)(\/|$)|^home\/(audit|state)(\/|$)|^home\/trust\/HEADS|^home\/store\/(staging|install\.lock)|^home\/store$/;

/** Every file of project and home with a digest of its content, but for the record and staging. */
export function filesOf(desk: Desk): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  function walk(dir: string, inside: string): void {
    for (const name of readdirSync(dir)) {
      const [path, shown] = [join(dir, name), `${inside}/${name}`];
      if (ELSEWHERE.test(shown)) continue;
      const stat = lstatSync(path);
      if (stat.isDirectory()) walk(path, shown);
      else found.set(shown, stat.isSymbolicLink() ? readlinkSync(path) : sha256(readFileSync(path)));
    }
  }
  walk(desk.project, "project");
  walk(desk.home, "home");
  return found;
}

/** Reasons and errors of the newest session on record. */
export async function lastRecord(desk: Desk): Promise<string> {
  const listed = await desk.run("audit", "list", "--json");
  const { sessions } = listed.json() as { sessions: readonly { session: string }[] };
  const newest = sessions.map(({ session }) => session).toSorted().at(-1) ?? "";
  return (await desk.run("audit", "show", newest, "--json")).stdout;
}
