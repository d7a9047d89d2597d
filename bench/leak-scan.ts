import { randomBytes } from "node:crypto";
import { createRedactor, loadSodium, type Redactor } from "../core/mod.ts";

/** One line of the bench table: `ours` and `peer` in MB/s, `ratio` = ours / peer. */
export interface LeakScanResult {
  readonly name: string;
  readonly ours: number;
  readonly peer: number;
  readonly ratio: number;
  readonly goal: number;
}

const MEGABYTE = 1e6;

/**
 * Measures the exact scanner with 50 secrets, against searching each secret's plain form with `indexOf`, which finds
 * one spelling of the nine that the scanner knows.
 *
 * @returns One result for code text, one for base64 noise.
 */
export async function run(): Promise<readonly LeakScanResult[]> {
  await loadSodium();
  const secrets = Array.from({ length: 50 }, () => randomBytes(24).toString("base64url"));
  const redactor = createRedactor({ random: { bytes: (count) => new Uint8Array(randomBytes(count)) } });
  for (const secret of secrets) redactor.add({ bytes: Buffer.from(secret), handle: null, class: "secret" });
  return [
    measure("leak scan, code text", redactor, { secrets, text: codeText() }),
    measure("leak scan, base64 noise", redactor, { secrets, text: randomBytes(6 * MEGABYTE).toString("base64") }),
  ];
}

function measure(
  name: string,
  redactor: Redactor,
  input: { readonly secrets: readonly string[]; readonly text: string },
): LeakScanResult {
  const bytes = new TextEncoder().encode(input.text);
  const ours = bytes.length / MEGABYTE / bestSeconds(() => redactor.maskBytes(bytes));
  const peer = bytes.length / MEGABYTE / bestSeconds(() => input.secrets.some((secret) => input.text.includes(secret)));
  return { name, ours: Math.round(ours), peer: Math.round(peer), ratio: ours / peer, goal: 200 };
}

function bestSeconds(work: () => unknown): number {
  let best = Infinity;
  for (let i = 0; i < 12; i++) {
    const start = performance.now();
    work();
    best = Math.min(best, performance.now() - start);
  }
  return best / 1000;
}

function codeText(): string {
  const line = "export function renderAmount(value: number, currency = 'EUR'): string { return `${value} ${currency}`; }\n";
  const lines: string[] = [];
  for (let i = 0; i < 80_000; i++) lines.push(line.replace("Amount", `Amount${i}`).replace("value", `value${i % 97}`));
  return lines.join("");
}
