import { isIgnoredByte } from "./ignored.ts";

/** One thing to look for. */
export interface Pattern {
  /** Bytes that count, see `withoutIgnored`; at least {@link MIN_PATTERN_BYTES}. */
  readonly bytes: Uint8Array;
}

/** Shorter patterns are not taken: they would hit ordinary text, and the dense rows never end a pattern. */
export const MIN_PATTERN_BYTES = 8;

/** The most pattern bytes one automaton holds: about 350 MB of tables. */
export const MAX_PATTERN_BYTES = 16_000_000;

/**
 * An Aho-Corasick automaton over bytes with a class-compressed alphabet. Nodes are numbered breadth first. The shallow
 * ones, where a text spends nearly all its time, have a full row each; the deep ones keep only their children and fail
 * over, so that tables stay small and nearby.
 */
export interface Automaton {
  /** Byte to column: 0 for bytes in no pattern, 1 for ignored ones, from 2 for the others. */
  readonly classOf: Uint8Array;
  /** Number of columns. */
  readonly classes: number;
  /** `row + column` to state: `node * classes` for dense nodes, `limit + node` for the others. */
  readonly dense: Int32Array;
  /** Number of dense nodes. */
  readonly denseNodes: number;
  /** `denseNodes * classes`: states from here on are not dense. */
  readonly limit: number;
  /** Node to its first child; those of the next node end the list. */
  readonly kids: Int32Array;
  /** Node to the column that leads to it. */
  readonly edge: Uint8Array;
  /** Node to the longest proper suffix that is a node. */
  readonly fail: Int32Array;
  /** Node to 1 + index of the longest pattern that ends there, or 0. */
  readonly out: Int32Array;
  /** Node to the number of bytes that lead to it. */
  readonly depth: Int32Array;
  /** Pattern index to its length. */
  readonly lengths: Int32Array;
  /** Length of the longest pattern. */
  readonly longest: number;
}

const IGNORED_CLASS = 1;
// Deeper than a pattern is long would never end one; more than 4 MB of rows would leave the cache.
const MAX_DENSE_DEPTH = 4;
const MAX_DENSE_CELLS = 1 << 20;
// Rows pay where noise gets to them often enough.
const MIN_VISITS = 0.02;

/**
 * Builds the automaton.
 *
 * @param patterns What to look for; of equal ones the first wins.
 * @returns The automaton; its pattern indexes are those of `patterns`.
 * @throws {RangeError} For patterns that are too short or too many; callers turn it into `REDACTION_FAILED`.
 */
export function buildAutomaton(patterns: readonly Pattern[]): Automaton {
  const total = patterns.reduce((sum, pattern) => sum + pattern.bytes.length, 0);
  if (total > MAX_PATTERN_BYTES) throw new RangeError(`${total} pattern bytes`);
  if (patterns.some((pattern) => pattern.bytes.length < MIN_PATTERN_BYTES)) throw new RangeError("a short pattern");
  const { classOf, classes } = classify(patterns);
  const trie = buildTrie(patterns, classOf, total + 1);
  const denseNodes = countDense(trie.depth, classes);
  const fail = new Int32Array(trie.depth.length);
  const automaton: Automaton = {
    ...trie,
    classOf,
    classes,
    dense: new Int32Array(denseNodes * classes),
    denseNodes,
    limit: denseNodes * classes,
    fail,
    lengths: Int32Array.from(patterns, (pattern) => pattern.bytes.length),
    longest: patterns.reduce((most, pattern) => Math.max(most, pattern.bytes.length), 0),
  };
  link(automaton);
  return automaton;
}

/**
 * Moves on from any node by one byte that counts.
 *
 * @param automaton The automaton.
 * @param node The node.
 * @param column The byte's class.
 * @returns The next node.
 */
export function stepNode(automaton: Automaton, node: number, column: number): number {
  const { kids, edge, fail, dense, denseNodes, limit, classes } = automaton;
  let at = node;
  while (at >= denseNodes) {
    const end = kids[at + 1] ?? 0;
    for (let child = kids[at] ?? 0; child < end; child++) if (edge[child] === column) return child;
    at = fail[at] ?? 0;
  }
  const state = dense[at * classes + column] ?? 0;
  return state >= limit ? state - limit : state / classes;
}

/**
 * Measures how many of the bytes read last may still become part of a match.
 *
 * @param automaton The automaton.
 * @param node Where it stands.
 * @returns The number of counting bytes to hold back.
 */
export function pendingBytes(automaton: Automaton, node: number): number {
  const { kids, fail, depth } = automaton;
  let at = node;
  // A node without children is a complete pattern: only what its suffix may begin is still open.
  while (at !== 0 && kids[at] === kids[at + 1]) at = fail[at] ?? 0;
  return depth[at] ?? 0;
}

function classify(patterns: readonly Pattern[]): { readonly classOf: Uint8Array; readonly classes: number } {
  const used = new Uint8Array(256);
  for (const { bytes } of patterns) for (const byte of bytes) used[byte] = 1;
  const classOf = new Uint8Array(256);
  let classes = 2;
  // In the order of the bytes, so that sorted patterns are also sorted by class.
  for (let byte = 0; byte < 256; byte++) {
    if (isIgnoredByte(byte)) classOf[byte] = IGNORED_CLASS;
    else if (used[byte] === 1) classOf[byte] = classes++;
  }
  return { classOf, classes };
}

interface Trie {
  readonly kids: Int32Array;
  readonly edge: Uint8Array;
  readonly depth: Int32Array;
  readonly out: Int32Array;
}

// Each node stands for a range of the sorted patterns that share its prefix; children are the groups by next byte.
function buildTrie(patterns: readonly Pattern[], classOf: Uint8Array, maxNodes: number): Trie {
  const order = patterns.map((_, index) => index).toSorted((a, b) => compare(patterns, a, b));
  const low = new Int32Array(maxNodes);
  const high = new Int32Array(maxNodes);
  const kids = new Int32Array(maxNodes + 1);
  const edge = new Uint8Array(maxNodes);
  const depth = new Int32Array(maxNodes);
  const out = new Int32Array(maxNodes);
  high[0] = order.length;
  let count = 1;
  for (let node = 0; node < count; node++) {
    kids[node] = count;
    const at = depth[node] ?? 0;
    const end = high[node] ?? 0;
    let i = low[node] ?? 0;
    for (; i < end && byteOf(patterns, order[i], at) === undefined; i++) {
      if (out[node] === 0) out[node] = (order[i] ?? 0) + 1;
    }
    while (i < end) {
      const byte = byteOf(patterns, order[i], at);
      low[count] = i;
      while (i < end && byteOf(patterns, order[i], at) === byte) i++;
      high[count] = i;
      edge[count] = classOf[byte ?? 0] ?? 0;
      depth[count] = at + 1;
      count++;
    }
  }
  kids[count] = count;
  return {
    kids: kids.slice(0, count + 1),
    edge: edge.slice(0, count),
    depth: depth.slice(0, count),
    out: out.slice(0, count),
  };
}

function compare(patterns: readonly Pattern[], a: number, b: number): number {
  const left = patterns[a]?.bytes;
  const right = patterns[b]?.bytes;
  if (left === undefined || right === undefined) return 0;
  return Buffer.compare(left, right) || a - b;
}

function byteOf(patterns: readonly Pattern[], index: number | undefined, at: number): number | undefined {
  return patterns[index ?? -1]?.bytes[at];
}

function countDense(depth: Int32Array, classes: number): number {
  let fits = 1;
  for (let level = 1; level <= MAX_DENSE_DEPTH; level++) {
    const next = depth.findIndex((value) => value > level);
    const nodes = next === -1 ? depth.length : next;
    const visits = (nodes - fits) / classes ** level;
    if (nodes * classes > MAX_DENSE_CELLS || visits < MIN_VISITS) break;
    fits = nodes;
  }
  return fits;
}

function link(automaton: Automaton): void {
  const { kids, edge, fail, out, dense, denseNodes, limit, classes } = automaton;
  for (let node = 0; node < fail.length; node++) {
    const suffix = fail[node] ?? 0;
    if (node > 0 && out[node] === 0) out[node] = out[suffix] ?? 0;
    if (node < denseNodes) {
      // The suffix is shallower, so its row is complete: start from a copy.
      if (node > 0) dense.copyWithin(node * classes, suffix * classes, (suffix + 1) * classes);
      dense[node * classes + IGNORED_CLASS] = node * classes;
    }
    for (let child = kids[node] ?? 0; child < (kids[node + 1] ?? 0); child++) {
      const column = edge[child] ?? 0;
      if (node > 0) fail[child] = stepNode(automaton, suffix, column);
      if (node < denseNodes) dense[node * classes + column] = child < denseNodes ? child * classes : limit + child;
    }
  }
}
