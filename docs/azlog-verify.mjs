#!/usr/bin/env node
/* oxlint-disable -- a program for auditors to read: compact, no dependencies, writes to the terminal */
// Checks an AgentZero audit log (azlog/1, azheads/1) with nothing but the public key. Shares no code with the product.
//   node azlog-verify.mjs --pub agentzero.pub [--heads HEADS]... SEGMENT.jsonl...
// Segments of one session are given in order. Exit 0: everything holds; 7: something does not; 2: wrong use.
import { createHash, createPublicKey, verify } from "node:crypto";
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { parseArgs } from "node:util";

const problems = [];
const fail = (where, what) => problems.push(`${where}: ${what}`) && null;

// BLAKE2b-256 (RFC 7693).
const MASK = (1n << 64n) - 1n;
const WORDS = "6a09e667f3bcc908 bb67ae8584caa73b 3c6ef372fe94f82b a54ff53a5f1d36f1 510e527fade682d1 9b05688c2b3e6c1f";
const IV = BigUint64Array.from(`${WORDS} 1f83d9abfb41bd6b 5be0cd19137e2179`.split(" "), (word) => BigInt(`0x${word}`));
const ROWS = "0123456789abcdef ea489fd61c02b753 b8c052fdae367194 7931dcbe265a40f8 905724afe1bc683d 2c6a0b834d75fe19";
const SIGMA = `${ROWS} c51fed4a0763928b db7ec13950f4862a 6fe9b308c2d714a5 a2847615fb9e3cd0 ${ROWS.slice(0, 33)}`
  .split(" ").map((row) => [...row].map((digit) => parseInt(digit, 16)));
const COLUMNS = [[0, 4, 8, 12], [1, 5, 9, 13], [2, 6, 10, 14], [3, 7, 11, 15]];
const DIAGONALS = [[0, 5, 10, 15], [1, 6, 11, 12], [2, 7, 8, 13], [3, 4, 9, 14]];
function blake2b(bytes) {
  const h = IV.slice();
  h[0] ^= 0x01010020n;
  for (let at = 0; at === 0 || at < bytes.length; at += 128) {
    const block = Buffer.concat([bytes.subarray(at, at + 128)], 128);
    const v = new BigUint64Array([...h, ...IV]);
    v[12] ^= BigInt(Math.min(at + 128, bytes.length));
    if (at + 128 >= bytes.length) v[14] ^= MASK;
    const turn = (x, bits) => (x >> bits) | ((x << (64n - bits)) & MASK);
    for (const s of SIGMA) {
      for (const [i, [a, b, c, d]] of [...COLUMNS, ...DIAGONALS].entries()) {
        for (const [word, p, q] of [[s[2 * i], 32n, 24n], [s[2 * i + 1], 16n, 63n]]) {
          v[a] += v[b] + block.readBigUInt64LE(word * 8);
          v[d] = turn(v[d] ^ v[a], p);
          v[c] += v[d];
          v[b] = turn(v[b] ^ v[c], q);
        }
      }
    }
    for (let i = 0; i < 8; i++) h[i] ^= v[i] ^ v[i + 8];
  }
  return `b2:${Buffer.from(h.buffer, 0, 32).toString("hex")}`;
}

const ZERO = `b2:${"0".repeat(64)}`;
// The Merkle tree of RFC 6962: one hash per level.
const sha256 = (...parts) => parts.reduce((hash, part) => hash.update(part), createHash("sha256")).digest();
const join = (right, left) => left === null ? right : right === null ? left : sha256("\u0001", left, right);
const rootOf = (levels) => `sha256:${levels.reduce(join, null)?.toString("hex")}`;
function push(levels, leaf) {
  let [carry, level] = [leaf, 0];
  for (; levels[level]; level++) [carry, levels[level]] = [join(carry, levels[level]), null];
  levels[level] = carry;
}

/** A signature covers a label and every byte of the line up to and including `"sig":"`. */
function isSigned(line, label, publicKey) {
  const at = line.lastIndexOf('"sig":"') + 7;
  const signature = Buffer.from(line.slice(at, -2), "base64");
  const der = Buffer.from(`302a300506032b6570032100${Buffer.from(publicKey, "base64").toString("hex")}`, "hex");
  const key = createPublicKey({ key: der, format: "der", type: "spki" });
  const signed = Buffer.from(`${label}\n${line.slice(0, at)}`);
  return signature.toString("base64") === line.slice(at, -2) && verify(null, signed, key, signature);
}
const FIELDS = {
  h: /^t v session seg seq prev prev_seg created writer policy aead pad clear to commit pk id sig$/,
  e: /^t seq ts prev (clear )?ct$/,
  c: /^t seq ts prev size root next sig$/,
  z: /^t seq ts prev size root exit sig$/,
  "azheads/1": /^v n prev ts kind( session)?( dir)?( seg)?( seq)?( size)?( root)?( head)?( gen)?( mac)? sig$/,
};
function parse(line) {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}
/** Whole lines in their one spelling; what stands behind the last newline was never finished. */
function* records(path) {
  const lines = readFileSync(path, "utf8").split("\n");
  if (lines.pop() !== "") console.log(`note: ${path} ends in an unfinished line`);
  for (const [index, line] of lines.entries()) {
    const record = parse(line);
    const isKnown = FIELDS[record?.t ?? record?.v]?.test(Object.keys(record).join(" "));
    if (!isKnown || JSON.stringify(record) !== line) return fail(`${path}:${index + 1}`, "is not of the format");
    yield [record, line, `${path}:${index + 1}`];
  }
}
/** One walk over a segment; gives its states by size, so that ledgers can be compared. */
function walk(path, identity, before) {
  const [levels, states] = [[], [{ root: "", head: before?.head ?? ZERO, seq: before?.seq ?? 0 }]];
  let [epoch, closed, bytes, name] = ["", null, 0, ""];
  for (const [record, line, here] of records(path)) {
    const { head, seq } = states.at(-1);
    if (closed || (states.length === 1) !== (record.t === "h")) return fail(here, "stands at the wrong place");
    if (record.prev !== head) return fail(here, "does not follow the line before it");
    if (record.seq !== seq + (record.t === "e" ? 1 : 0)) return fail(here, `has the number ${record.seq} after ${seq}`);
    if (record.t === "h") {
      const continued = JSON.stringify(record.prev_seg) === JSON.stringify(before?.link ?? null);
      if (record.v !== "azlog/1" || !continued) fail(here, "has an unknown format or does not continue the one before");
      if (record.id !== identity || !isSigned(line, "azlog/1 h", identity)) fail(here, "is signed by somebody else");
      [epoch, name] = [record.pk, `${record.session} ${record.seg}`];
    } else if (record.t !== "e") {
      const sound = record.size === states.length - 1 && record.root === states.at(-1).root;
      if (!sound || !isSigned(line, `azlog/1 ${record.t}`, epoch)) fail(here, "has a wrong root or signature");
      [epoch, closed] = [record.next, record.exit ?? null];
    }
    const leaf = sha256("\u0000", line);
    push(levels, leaf);
    bytes += Buffer.byteLength(line) + 1;
    const next = blake2b(Buffer.concat([Buffer.from(head.slice(3), "hex"), leaf]));
    states.push({ root: rootOf(levels), head: next, seq: record.seq });
  }
  const { root, head, seq } = states.at(-1);
  console.log(`${path}: ${seq} events, ${closed ?? "open"}, ${head}`);
  const link = { file: basename(path), bytes, size: states.length - 1, root, closed: closed !== null };
  return { name, states, head, seq, link };
}
/** Each head that a ledger has seen must be what the segment was at that size. */
function compare(path, identity, segments) {
  let [n, prev] = [0, ZERO];
  for (const [record, line, here] of records(path)) {
    if (record.n !== ++n || record.prev !== prev) fail(here, "does not follow the line before it");
    if (!isSigned(line, "azheads/1", identity)) fail(here, "is not signed by this installation");
    prev = blake2b(Buffer.from(line));
    const segment = segments.find(({ name }) => name === `${record.session} ${record.seg}`);
    const state = segment?.states[record.size];
    const same = state?.root === record.root && state?.head === record.head && state?.seq === record.seq;
    if (segment && !same) fail(here, state ? "has seen another history" : `has seen ${record.size} records: cut off`);
  }
}
const options = { pub: { type: "string" }, heads: { type: "string", multiple: true, default: [] } };
const { values, positionals } = parseArgs({ allowPositionals: true, options });
const identity = values.pub && / audit-sign \w{16} (\S{44})$/m.exec(readFileSync(values.pub, "utf8"))?.[1];
if (!identity || positionals.length === 0) {
  console.error("usage: node azlog-verify.mjs --pub FILE [--heads HEADS]... SEGMENT.jsonl...");
  process.exit(2);
}
const segments = [];
for (const file of positionals) {
  const segment = walk(file, identity, /\.\d+\.jsonl$/.test(file) ? segments.at(-1) : undefined);
  if (segment) segments.push(segment);
}
for (const path of values.heads) compare(path, identity, segments);
console.log(problems.length === 0 ? "ok" : problems.map((problem) => `FAILED ${problem}`).join("\n"));
process.exitCode = problems.length === 0 ? 0 : 7;
