import { canonicalJson, loadSodium } from "../../../core/mod.ts";
import { createSigningKey } from "../../../skills/secret-key.ts";
import { parseStatement } from "../../../skills/trust/statement.ts";
import { bytesOf, type FuzzTarget, refusal, textOf, violated } from "../target.ts";

/** `publisher.json`. */
export async function open(): Promise<FuzzTarget> {
  await loadSodium();
  const key = createSigningKey({ bytes: (count) => new Uint8Array(count).fill(3) }).public.text;
  const statement = {
    v: 1,
    namespace: "acme",
    serial: 1,
    expires: "2099-01-01T00:00:00Z",
    root: { keys: [key], threshold: 1 },
    signers: [{ key, from: "2020-01-01T00:00:00Z", until: null, names: null }],
    revoked: { keys: [], packages: [] },
  };
  return {
    samples: [bytesOf(`${canonicalJson(statement)}\n`)],
    words: ["v", "namespace", "serial", "expires", "root", "threshold", "signers", "from", "until", "names", "revoked"],
    check(input) {
      try {
        const parsed = parseStatement(input);
        if (`${canonicalJson(parsed)}\n` !== textOf(input)) throw violated("a statement has one spelling");
        return "ok";
      } catch (cause) {
        return refusal(cause, "SkillsError");
      }
    },
  };
}
