import type { ByteReader } from "../binary/byte-reader.ts";
import { OP } from "../binary/op-codes.ts";
import type { OpReader } from "../binary/op-reader.ts";

const NO_LABELS: readonly number[] = [];
const VOID = 0x40;

/** The operations of one body, to be gone through more than once. Filled anew for each body. */
export class BodyOps {
  /** How many there are. */
  count = 0;
  /** Code of each, see `OP`. */
  codes: Int32Array = new Int32Array(1024);
  /** Place of each; one more for the end of the body. */
  places: Int32Array = new Int32Array(1025);
  /** Number of the function that each calls, -1 for none that is known. */
  targets: Int32Array = new Int32Array(1024);
  /** 1 for each block or loop that neither takes nor leaves anything on the stack. */
  voids: Uint8Array = new Uint8Array(1024);
  /** Whether it catches exceptions. */
  catches = false;
  /** Whether it has loops. */
  loops = false;
  readonly #labels = new Map<number, readonly number[]>();

  /** Labels that an operation may branch to. */
  labels(index: number): readonly number[] {
    return this.#labels.get(index) ?? NO_LABELS;
  }

  /**
   * Reads a body to its end.
   *
   * @param from Stands at the first operation.
   * @param op Reads the operations.
   * @throws {SandboxError} `WASM_FORMAT` when blocks do not match or lead out of the function.
   */
  read(from: ByteReader, op: OpReader): void {
    this.#labels.clear();
    this.catches = false;
    this.loops = false;
    let count = 0;
    let depth = 1;
    while (depth > 0) {
      if (count === this.codes.length) this.#grow();
      this.places[count] = from.at;
      op.read(from);
      const { code } = op;
      const place = this.places[count] ?? 0;
      this.codes[count] = code;
      this.voids[count] = from.bytes[place + 1] === VOID && from.at - place === 2 ? 1 : 0;
      this.targets[count] = op.target;
      if (op.labels.length > 0) this.#label(from, { count, depth, labels: op.labels });
      if (code === OP.end || code === OP.delegate) depth--;
      else if ((code >= OP.block && code <= OP.if) || code === OP.try || code === OP.tryTable) depth++;
      if (code === OP.loop) this.loops = true;
      if (code === OP.try || code === OP.tryTable) this.catches = true;
      count++;
    }
    this.places[count] = from.at;
    this.count = count;
    if (!from.done) from.fail("has a function that is longer than its content");
  }

  #label(
    from: ByteReader,
    { count, depth, labels }: { count: number; depth: number; labels: readonly number[] },
  ): void {
    for (const label of labels) if (label >= depth) from.fail("branches out of its function");
    this.#labels.set(count, labels.length === 1 ? [...labels] : [...new Set(labels)]);
  }

  #grow(): void {
    const size = this.codes.length * 2;
    this.codes = enlarged(this.codes, size);
    this.places = enlarged(this.places, size + 1);
    this.targets = enlarged(this.targets, size);
    const voids = new Uint8Array(size);
    voids.set(this.voids);
    this.voids = voids;
  }
}

function enlarged(numbers: Int32Array, size: number): Int32Array {
  const bigger = new Int32Array(size);
  bigger.set(numbers);
  return bigger;
}
