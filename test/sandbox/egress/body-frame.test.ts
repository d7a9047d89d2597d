import { array, assert as check, integer, property, string } from "fast-check";
import { describe, expect, it } from "vitest";
import { type BodyFrame, createBodyPass } from "../../../sandbox/egress/body-frame.ts";
import { SCALE } from "../rig.ts";

// Gives what is passed on of a text that arrives in pieces, or "broken".
function passed(frame: BodyFrame, pieces: readonly string[]): string {
  const pass = createBodyPass(frame);
  let [out, broken] = ["", false];
  pass.on("data", (chunk: Uint8Array) => void (out += Buffer.from(chunk).toString("latin1")));
  pass.on("error", () => void (broken = true));
  for (const piece of pieces) if (!pass.destroyed) pass.write(Buffer.from(piece, "latin1"));
  for (let chunk: unknown = pass.read(); chunk instanceof Uint8Array; chunk = pass.read()) {
    out += Buffer.from(chunk).toString("latin1");
  }
  return broken || pass.errored !== null ? "broken" : out;
}

describe("createBodyPass()", () => {
  it.each([
    ["4\r\nbody\r\n0\r\n\r\nGET /", "4\r\nbody\r\n0\r\n\r\n"],
    ["0\r\nTrailer: x\r\n\r\nrest", "0\r\nTrailer: x\r\n\r\n"],
    ["A\r\n0123456789\r\n0\r\n\r\n", "A\r\n0123456789\r\n0\r\n\r\n"],
    ["4\nbody", "broken"],
    ["4 \r\nbody", "broken"],
    ["-1\r\n", "broken"],
    ["4;x=y\r\nbody\r\n", "broken"],
    ["4\r\nbodyX\r\n", "broken"],
    ["fffffffff\r\n", "broken"],
    ["\r\n", "broken"],
  ])("reads chunks: %j", (text, expected) => expect(passed({ kind: "chunked" }, [text])).toBe(expected));

  it("passes the same on however the bytes arrive, and never more than the body", () => {
    check(
      property(array(string({ maxLength: 9 }), { maxLength: 5 }), array(integer({ min: 1, max: 7 })), (parts, cuts) => {
        const data = parts.filter((part) => part !== "").map((part) => Buffer.from(part).toString("latin1"));
        const body = [...data.map((part) => `${part.length.toString(16)}\r\n${part}\r\n`), "0\r\n\r\n"].join("");
        const text = `${body}GET /second HTTP/1.1\r\n\r\n`;
        const pieces: string[] = [];
        let at = 0;
        for (const cut of cuts) pieces.push(text.slice(at, at += cut));
        pieces.push(text.slice(at));
        expect(passed({ kind: "chunked" }, pieces)).toBe(body);
        expect(passed({ kind: "length", bytes: body.length }, pieces)).toBe(body);
      }),
      { seed: 17, numRuns: 300 * SCALE },
    );
  });
});
