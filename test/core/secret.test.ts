import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { SecretBytes } from "../../core/secret.ts";
import { text, utf8 } from "../support/core-rig.ts";

const VALUE = "fake-secret-value-123";

describe("SecretBytes", () => {
  it("lends its bytes and zeroes them", () => {
    const bytes = utf8(VALUE);
    const secret = new SecretBytes(bytes);
    expect(secret.use(text)).toBe(VALUE);
    secret.dispose();
    secret.dispose();
    expect([...bytes]).toEqual(Array.from(bytes, () => 0));
    expect(() => secret.use(text)).toThrow(TypeError);
  });

  it("gives [secret] in every way of making text", () => {
    const secret = new SecretBytes(utf8(VALUE));
    const shown = [
      String(secret),
      // oxlint-disable-next-line typescript/restrict-template-expressions -- the mistake that this guards against
      `${secret}`,
      JSON.stringify({ secret }),
      inspect(secret),
      inspect({ deep: [secret] }, { depth: 9, showHidden: true }),
      secret + "",
      JSON.stringify(structuredClone({ secret })),
      Object.entries(secret).join(),
      [secret].join(),
      new Error(String(secret)).message,
    ];
    for (const way of shown) expect(way).not.toContain(VALUE);
    for (const way of shown.slice(0, 4)) expect(way).toContain("[secret]");
    expect(Reflect.ownKeys(secret).filter((key) => typeof key === "string")).toEqual([]);
  });
});
