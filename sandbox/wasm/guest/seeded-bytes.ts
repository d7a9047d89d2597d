/**
 * A stream of bytes that a text decides: equal seed, equal bytes, on every machine. Good enough to shuffle and to name
 * things, worth nothing as a secret; a guest that needs one declares it.
 *
 * @param seed Any text.
 * @returns Gives the next bytes; xoshiro128** (Blackman and Vigna), seeded by four rounds of FNV-1a.
 */
export function createSeededBytes(seed: string): (count: number) => Uint8Array<ArrayBuffer> {
  const state = Uint32Array.from([1, 2, 3, 4], (round) => hash(`${round}:${seed}`));
  // A state of zeros would stay there.
  state[0] = (state[0] ?? 0) | 1;
  function next(): number {
    let [a = 0, b = 0, c = 0, d = 0] = state;
    const result = Math.imul(rotate(Math.imul(b, 5), 7), 9) >>> 0;
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = rotate(d, 11);
    state.set([a, b, c, d]);
    return result;
  }
  return (count) => {
    const bytes = new Uint8Array(count);
    for (let at = 0; at < count; at += 4) {
      const word = next();
      for (let byte = 0; byte < 4 && at + byte < count; byte++) bytes[at + byte] = word >>> (8 * byte);
    }
    return bytes;
  };
}

function rotate(value: number, by: number): number {
  return (value << by) | (value >>> (32 - by));
}

function hash(text: string): number {
  let value = 0x81_1c_9d_c5;
  for (const byte of new TextEncoder().encode(text)) value = Math.imul(value ^ byte, 0x01_00_01_93);
  // Neighbouring seeds must not give neighbouring states.
  value = Math.imul(value ^ (value >>> 16), 0x85_eb_ca_6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2_b2_ae_35);
  return (value ^ (value >>> 16)) >>> 0;
}
