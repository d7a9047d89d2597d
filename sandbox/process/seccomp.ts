import { type Bits, CALL_TABLE, type CallLine, type CallRule, type FilterArch } from "./seccomp-table.ts";

// Classic BPF (linux/bpf_common.h) over struct seccomp_data (linux/seccomp.h).
const LOAD_WORD = 0x20;
const JUMP_EQUAL = 0x15;
const JUMP_GREATER_EQUAL = 0x35;
const JUMP_SET = 0x45;
const RETURN = 0x06;
const NUMBER_AT = 0;
const ARCH_AT = 4;
const ARGS_AT = 16;

const ALLOW = 0x7fff0000;
const KILL_PROCESS = 0x80000000;
const ERRNO = 0x00050000;

const AUDIT_ARCH: Readonly<Record<FilterArch, number>> = { x64: 0xc000003e, arm64: 0xc00000b7 };
// Calls of the x32 kind have this bit in their number.
const X32 = 0x40000000;

/** One instruction of classic BPF. */
export interface Instruction {
  readonly code: number;
  /** Instructions to skip when the test holds. */
  readonly jt: number;
  /** Instructions to skip when it does not. */
  readonly jf: number;
  readonly k: number;
}

/**
 * Compiles the system call filter of an architecture.
 *
 * @param arch The architecture of the programs inside.
 * @param more Calls that are judged besides.
 * @returns Bytes of `struct sock_filter[]`, little-endian, as `bwrap --seccomp` reads them.
 */
export function compileFilter(arch: FilterArch, more: readonly CallLine[] = []): Uint8Array {
  const program = filterProgram(arch, more);
  const bytes = new Uint8Array(program.length * 8);
  const view = new DataView(bytes.buffer);
  for (const [index, { code, jt, jf, k }] of program.entries()) {
    view.setUint16(index * 8, code, true);
    view.setUint8(index * 8 + 2, jt);
    view.setUint8(index * 8 + 3, jf);
    view.setUint32(index * 8 + 4, k, true);
  }
  return bytes;
}

/**
 * Builds the filter: another architecture kills, a listed call is judged, everything else is allowed.
 *
 * @param arch The architecture.
 * @param more Calls that are judged besides.
 * @returns The instructions; every jump stays within its own few lines.
 */
export function filterProgram(arch: FilterArch, more: readonly CallLine[] = []): readonly Instruction[] {
  return [
    load(ARCH_AT),
    jump(JUMP_EQUAL, AUDIT_ARCH[arch], { yes: 1, no: 0 }),
    give(KILL_PROCESS),
    load(NUMBER_AT),
    ...(arch === "x64" ? [jump(JUMP_GREATER_EQUAL, X32, { yes: 0, no: 1 }), give(KILL_PROCESS)] : []),
    ...[...CALL_TABLE, ...more].flatMap(({ numbers, rule }) => {
      const number = numbers[arch];
      return number === null ? [] : guarded(number, ruleProgram(rule));
    }),
    give(ALLOW),
  ];
}

// Each rule ends in a verdict on every way, so the call's number need not be loaded again after it.
function guarded(number: number, rule: readonly Instruction[]): readonly Instruction[] {
  return [jump(JUMP_EQUAL, number, { yes: 0, no: rule.length }), ...rule];
}

function ruleProgram(rule: CallRule): readonly Instruction[] {
  const refused = give(ERRNO | rule.errno);
  switch (rule.kind) {
    case "refuse":
      return [refused];
    case "refuse-bits":
      return [...onBits(rule, [refused]), give(ALLOW)];
    case "refuse-both":
      return [...onBits(rule.when, onBits(rule.and, [refused])), give(ALLOW)];
    case "refuse-values":
      return [
        load(argAt(rule.arg)),
        ...rule.values.flatMap((value) => [jump(JUMP_EQUAL, value, { yes: 0, no: 1 }), refused]),
        give(ALLOW),
      ];
    case "allow-values":
      return [
        load(argAt(rule.arg)),
        ...rule.values.flatMap((value) => [jump(JUMP_EQUAL, value, { yes: 0, no: 1 }), give(ALLOW)]),
        refused,
      ];
    default:
      return rule satisfies never;
  }
}

function onBits(bits: Bits, then: readonly Instruction[]): readonly Instruction[] {
  return [load(argAt(bits.arg)), jump(JUMP_SET, bits.mask, { yes: 0, no: then.length }), ...then];
}

// The lower half of an argument: both architectures are little-endian.
function argAt(arg: number): number {
  return ARGS_AT + 8 * arg;
}

function load(offset: number): Instruction {
  return { code: LOAD_WORD, jt: 0, jf: 0, k: offset };
}

function jump(code: number, k: number, skip: { readonly yes: number; readonly no: number }): Instruction {
  return { code, jt: skip.yes, jf: skip.no, k: k >>> 0 };
}

function give(verdict: number): Instruction {
  return { code: RETURN, jt: 0, jf: 0, k: verdict >>> 0 };
}
