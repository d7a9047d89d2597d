// Lists the licenses of everything that a user installs, and ends with 1 where one of them is not on the list:
// `npm run licenses`.
import { lockedPackages } from "./lock-packages.ts";

/** Licenses that ask for a notice and no more. Another one is a decision (docs/adr). */
export const ALLOWED: readonly string[] = [
  "0BSD",
  "Apache-2.0",
  "Apache-2.0 WITH LLVM-exception",
  "BSD-2-Clause",
  "BSD-3-Clause",
  "ISC",
  "MIT",
];

/**
 * Judges an SPDX expression of the plain kind.
 *
 * @param expression E.g. `(AFL-2.1 OR BSD-3-Clause)`.
 * @returns `true` when one side of each `OR`, and both sides of each `AND`, are allowed.
 */
export function isAllowed(expression: string): boolean {
  const plain = expression.trim().replace(/^\(([^()]*)\)$/, "$1").trim();
  if (/[()]/.test(plain)) return false;
  return plain.split(/ OR /).some((choice) => choice.split(/ AND /).every((each) => ALLOWED.includes(each.trim())));
}

if (import.meta.main) {
  const all = lockedPackages();
  const counts = new Map<string, number>();
  for (const { license } of all) counts.set(license, (counts.get(license) ?? 0) + 1);
  for (const [license, count] of [...counts].toSorted(([a], [b]) => a < b ? -1 : 1)) {
    process.stdout.write(`${String(count).padStart(4)}  ${license}\n`);
  }
  const bad = all.filter(({ license }) => !isAllowed(license));
  for (const { name, version, license } of bad) {
    process.stdout.write(`not on the list: ${name} ${version}: ${license === "" ? "no license" : license}\n`);
  }
  process.exitCode = bad.length === 0 ? 0 : 1;
}
