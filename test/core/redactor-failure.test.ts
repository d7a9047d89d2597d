import { describe, expect, it } from "vitest";
import { createRedactor } from "../../core/create-redactor.ts";
import { codeOf, codeOfAsync, seededRandom, utf8 } from "../support/core-rig.ts";

// Nothing in this file loads libsodium: what needs a placeholder cannot be masked.
describe("createRedactor() without cryptography", () => {
  it("works as long as there is nothing to mask", () => {
    const redactor = createRedactor({ random: seededRandom() });
    expect(redactor.mask("plain text").text).toBe("plain text");
    expect(redactor.mask("a: b@c").text).toBe("a: b@c");
  });

  it("withholds the text when it cannot mask it", async () => {
    const redactor = createRedactor({ random: seededRandom() });
    const url = "https://me:pw@host";
    expect(codeOf(() => redactor.mask(url))).toBe("REDACTION_FAILED");
    expect(codeOf(() => redactor.maskBytes(utf8(url)))).toBe("REDACTION_FAILED");
    expect(codeOf(() => redactor.stream().push(utf8(`${url} `)))).toBe("REDACTION_FAILED");
    expect(await codeOfAsync(() => redactor.maskDetected(url, ["pii"]))).toBe("REDACTION_FAILED");
  });
});
