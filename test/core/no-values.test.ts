import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import * as core from "../../core/mod.ts";
import { Permit } from "../../core/permit.ts";
import { seededRandom, utf8, vaultRig } from "../support/core-rig.ts";
import { tempDir } from "../support/temp-dir.ts";

const CANARY = "Canary-Fake-Value-0123456789";

/** Everything that can be reached from a value without calling a function that takes a permit. */
function reachable(value: unknown, seen: Set<unknown> = new Set()): void {
  if ((typeof value !== "object" && typeof value !== "function") || value === null || seen.has(value)) return;
  seen.add(value);
  for (const key of Reflect.ownKeys(value)) {
    const member = Object.getOwnPropertyDescriptor(value, key);
    reachable(member?.value, seen);
  }
  reachable(Object.getPrototypeOf(value), seen);
}

function holdsCanary(value: unknown): boolean {
  const shown = inspect(value, { depth: 12, showHidden: true, maxArrayLength: null, maxStringLength: null });
  return shown.includes(CANARY) || shown.includes([...utf8(CANARY)].join(", "));
}

describe("no export returns a value", () => {
  it("has no get, and nothing that sounds like one", () => {
    const names = Object.keys(core).filter((name) =>
      /^(?:get|read|show|print|export|dump|open)?(?:secret|vault|value)s?(?:value|bytes)?$/i.test(name)
    );
    expect(names).toEqual(["SecretBytes", "openVault"]);
  });

  it("gives no value by any method of a vault but reveal and useKey, in whatever is returned or thrown", async () => {
    const { options } = await vaultRig(tempDir());
    const vault = await core.openVault(options);
    const handle = core.parseHandle("handle://vault/a/token");
    await vault.set(handle, new core.SecretBytes(utf8(CANARY)), { note: "n" });
    await vault.rotate(handle, new core.SecretBytes(utf8(`${CANARY}-2`)));
    const redactor = core.createRedactor({ random: seededRandom() });
    const secrets = core.createSecrets({
      vault,
      declarations: [],
      environment: { declared: new Map(), credentials: [] },
      permits: { spentFor: () => "call" },
      run: () => Promise.resolve({ ok: false, reason: "none" }),
    });
    await secrets.feed(redactor);
    const results: unknown[] = [vault, secrets, redactor, redactor.stream(), redactor.find(CANARY), options.keys];
    for (const target of [vault, secrets, redactor]) {
      const methods = Object.getOwnPropertyNames(Object.getPrototypeOf(target)).filter((name) =>
        !["constructor", "reveal", "useKey", "close"].includes(name)
      );
      for (const name of methods) {
        const member: unknown = Reflect.get(target, name);
        if (typeof member !== "function") {
          results.push(member);
          continue;
        }
        const text = name.endsWith("Bytes") ? utf8(CANARY) : CANARY;
        for (const args of [[], [handle], [handle, {}], [text], [redactor]]) {
          try {
            // oxlint-disable-next-line no-await-in-loop -- the state moves with each call
            results.push(await Reflect.apply(member, target, args));
          } catch (error) {
            results.push(error);
          }
        }
      }
    }
    expect(results.filter(holdsCanary)).toEqual([]);
    const seen = new Set<unknown>();
    for (const result of results) reachable(result, seen);
    expect([...seen].filter((value) => value instanceof Uint8Array && Buffer.from(value).includes(CANARY))).toEqual([]);
  });

  it("gives none by the keys of an installation", async () => {
    const { options, keys } = await vaultRig(tempDir());
    const vault = await core.openVault(options);
    await vault.set(core.parseHandle("handle://vault/a/token"), new core.SecretBytes(utf8(CANARY)));
    expect(Object.getOwnPropertyNames(Object.getPrototypeOf(keys)).toSorted()).toEqual([
      "auditBoxIds",
      "auditBoxSecret",
      "constructor",
      "derive",
      "isCurrent",
      "locked",
      "unlock",
      "wrapKey",
    ]);
  });

  it("wipes what reveal gave once it is disposed", async () => {
    const { options } = await vaultRig(tempDir());
    const vault = await core.openVault(options);
    const handle = core.parseHandle("handle://vault/a/token");
    await vault.set(handle, new core.SecretBytes(utf8(CANARY)));
    const value = await vault.reveal(new Permit(), handle);
    const bytes = value.use((lent) => lent);
    value.dispose();
    expect(bytes.every((byte) => byte === 0)).toBe(true);
  });
});
