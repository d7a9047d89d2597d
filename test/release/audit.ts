// Asks the registry for known weaknesses of everything a user installs: `npm run vulnerabilities`. Ends with 1 where
// there is one, with 2 and the reason where nobody could be asked: that is no "none".
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));
const ran = spawnSync("npm", ["audit", "--omit=dev", "--json"], { cwd: root, encoding: "utf8" });
const answer = parsed(ran.stdout ?? "");
const vulnerabilities = answer["vulnerabilities"];
if (typeof vulnerabilities !== "object" || vulnerabilities === null) {
  const { summary } = Object(answer["error"]) as { readonly summary?: unknown };
  const why = typeof answer["message"] === "string"
    ? answer["message"]
    : typeof summary === "string" && summary !== ""
    ? summary
    : ran.error?.message ?? (ran.stderr.trim().split("\n")[0] || "it gave no answer");
  process.stdout.write(`nobody could be asked, so nothing is known: ${why}\n`);
  process.exitCode = 2;
} else {
  const all: readonly (readonly [string, unknown])[] = Object.entries(vulnerabilities);
  for (const [name, found] of all) {
    const { severity, range } = Object(found) as { readonly severity?: unknown; readonly range?: unknown };
    process.stdout.write(`${String(severity)}: ${name} ${String(range)}\n`);
  }
  process.stdout.write(
    all.length === 0 ? "no known weakness in what is installed\n" : `${all.length} known weaknesses\n`,
  );
  process.exitCode = all.length === 0 ? 0 : 1;
}

function parsed(text: string): Readonly<Record<string, unknown>> {
  try {
    return Object(JSON.parse(text)) as Readonly<Record<string, unknown>>;
  } catch {
    return {};
  }
}
