import { readSync } from "node:fs";
import { b2 } from "../../core/mod.ts";
import { SandboxError } from "../errors.ts";
import { fileType } from "./file-type.ts";
import type { OpenFile } from "./open-file.ts";
import { CHUNK_BYTES, digestFile } from "./read-bytes.ts";
import type { ReadLinesSpec, ReadLinesValue } from "./read-spec.ts";
import { stampOf } from "./stamp.ts";

/** How far into a file lines are looked for, and how much of a binary file is hashed. */
export const SCAN_BYTES: number = 64 * 1024 * 1024;

interface Window {
  readonly bytes: Uint8Array;
  readonly lines: number;
  readonly truncated: boolean;
  readonly totalLines: number | null;
  /** Was the window cut in the middle of a line for its size? */
  readonly cut: boolean;
}

/**
 * Reads some lines of an open file, or facts about one that is not text.
 *
 * @param file The open file.
 * @param spec Which lines, how many bytes.
 * @returns The lines; for binary data size, type and digest only.
 * @throws {SandboxError} `LIMIT_SIZE` when the first line lies beyond what is scanned.
 */
export function readLines(file: OpenFile, spec: ReadLinesSpec): ReadLinesValue {
  const head = new Uint8Array(8192);
  const headed = head.subarray(0, readSync(file.fd, head, 0, head.length, 0));
  // A large file of zeros is binary at the first byte; no need to look for lines in it.
  if (headed.includes(0)) return binary(file, headed);
  const window = findWindow(file, spec);
  const text = window === null ? null : decodeText(window.bytes, window.cut);
  if (window === null || text === null) return binary(file, headed);
  const whole = spec.offset === 1 && !window.truncated;
  const digest = whole
    ? b2(window.bytes)
    : Number(file.stat.size) <= spec.maxBytes
    ? digestFile(file.fd, spec.maxBytes)
    : null;
  return {
    op: "read",
    text,
    binary: false,
    type: "text/plain",
    size: Number(file.stat.size),
    digest,
    truncated: window.truncated,
    fromLine: spec.offset,
    lines: window.lines,
    totalLines: window.totalLines,
    state: stampOf(file.stat, digest),
  };
}

function binary(file: OpenFile, head: Uint8Array): ReadLinesValue {
  const digest = file.stat.size > BigInt(SCAN_BYTES) ? null : digestFile(file.fd, SCAN_BYTES);
  return {
    op: "read",
    text: null,
    binary: true,
    type: fileType(head),
    size: Number(file.stat.size),
    digest,
    truncated: false,
    fromLine: 1,
    lines: 0,
    totalLines: null,
    state: stampOf(file.stat, digest),
  };
}

// One pass in steps: skips to the first line, then gathers. `null`: NUL was seen, so it is not text.
function findWindow(file: OpenFile, spec: ReadLinesSpec): Window | null {
  const kept: Uint8Array[] = [];
  const wanted = spec.limit ?? Number.MAX_SAFE_INTEGER;
  let [position, line, size, lines, partial] = [0, 1, 0, 0, false];
  for (;;) {
    const chunk = new Uint8Array(CHUNK_BYTES);
    const count = readSync(file.fd, chunk, 0, chunk.length, position);
    if (count === 0) {
      const totalLines = line - 1 + (partial ? 1 : 0);
      return {
        bytes: Buffer.concat(kept),
        lines: lines + (partial && line >= spec.offset ? 1 : 0),
        truncated: false,
        totalLines,
        cut: false,
      };
    }
    const data = chunk.subarray(0, count);
    if (data.includes(0)) return null;
    let start = 0;
    while (start < count) {
      const newline = data.indexOf(10, start);
      const end = newline < 0 ? count : newline + 1;
      if (line >= spec.offset) {
        if (lines >= wanted) return done(kept, { lines, cut: false });
        const piece = data.subarray(start, Math.min(end, start + spec.maxBytes - size));
        kept.push(piece);
        size += piece.length;
        if (piece.length < end - start) return done(kept, { lines: lines + 1, cut: true });
      }
      partial = newline < 0;
      if (!partial) {
        if (line >= spec.offset) lines++;
        line++;
      }
      start = end;
    }
    position += count;
    if (position >= SCAN_BYTES) throw tooFar(file, spec);
  }
}

function done(kept: readonly Uint8Array[], at: { readonly lines: number; readonly cut: boolean }): Window {
  return { bytes: Buffer.concat(kept), lines: at.lines, truncated: true, totalLines: null, cut: at.cut };
}

// A cut may have split the last character: drop its begun bytes, at most three.
function decodeText(bytes: Uint8Array, cut: boolean): string | null {
  for (let drop = 0; drop <= (cut ? 3 : 0); drop++) {
    try {
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes.subarray(0, bytes.length - drop));
    } catch {
      // Not at this length; the next one may be.
    }
  }
  return null;
}

function tooFar(file: OpenFile, spec: ReadLinesSpec): SandboxError {
  return new SandboxError(
    "LIMIT_SIZE",
    `Cannot read ${JSON.stringify(file.real)} from line ${spec.offset}: it lies beyond the first ${SCAN_BYTES} bytes`,
    { hint: "use search, or a command such as tail or sed" },
  );
}
