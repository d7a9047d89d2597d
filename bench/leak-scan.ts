import { randomBytes } from "node:crypto";
import { createRedactor, loadSodium, type Redactor } from "../core/mod.ts";
import type { Row } from "./support/row.ts";

const MEGABYTE = 1e6;
const SECRETS = 50;
const GOAL = 200;
const ROUNDS = 40;

/**
 * Measures the exact scanner with 50 secrets beside a plain search: `indexOf` for each secret, which knows one of the
 * nine spellings.
 *
 * @returns One row for code, one for base64 noise.
 */
export async function measure(): Promise<readonly Row[]> {
  await loadSodium();
  const secrets = Array.from({ length: SECRETS }, () => randomBytes(24).toString("base64url"));
  const redactor = createRedactor({ random: { bytes: (count) => new Uint8Array(randomBytes(count)) } });
  for (const secret of secrets) redactor.add({ bytes: Buffer.from(secret), handle: null, class: "secret" });
  return [
    row("leak scan, 50 secrets, code", redactor, { secrets, text: codeText() }),
    row("leak scan, 50 secrets, base64", redactor, { secrets, text: randomBytes(1.5 * MEGABYTE).toString("base64") }),
  ];
}

function row(
  name: string,
  redactor: Redactor,
  input: { readonly secrets: readonly string[]; readonly text: string },
): Row {
  const bytes = new TextEncoder().encode(input.text);
  const best = { ours: Infinity, peer: Infinity };
  for (let i = 0; i < ROUNDS; i++) {
    best.ours = Math.min(best.ours, seconds(() => redactor.maskBytes(bytes)));
    best.peer = Math.min(best.peer, seconds(() => input.secrets.some((secret) => input.text.includes(secret))));
  }
  const ours = bytes.length / MEGABYTE / best.ours;
  const peer = { name: "indexOf", value: bytes.length / MEGABYTE / best.peer };
  return { name, ours, unit: "MB/s", peer, goal: `>= ${GOAL} MB/s`, reached: ours >= GOAL };
}

function seconds(work: () => unknown): number {
  const start = performance.now();
  work();
  return (performance.now() - start) / 1000;
}

function codeText(): string {
  const lines: string[] = [];
  for (let i = 0; i < 20_000; i++) {
    lines.push(`export function renderAmount${i}(value: number, currency = "EUR"): string { return \`\${value}\`; }\n`);
  }
  return lines.join("");
}
