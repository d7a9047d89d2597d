import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import * as core from "../../core/mod.ts";
import { spellingsOf } from "../../core/scanner/encodings.ts";
import { codeOfAsync, seededRandom, text, utf8, vaultRig } from "../support/core-rig.ts";
import { tempDir } from "../support/temp-dir.ts";

const CANARY = 'canary/fake+value="0123456789"';

/** Every file below a folder. */
function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true }).filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

describe("a canary value", () => {
  it("is in no file, error, listing or masked text after it went through everything", async () => {
    const home = tempDir();
    const { options } = await vaultRig(home);
    const vault = await core.openVault(options);
    const handle = core.parseHandle("handle://vault/a/token");
    const out: string[] = [];
    async function note(run: () => Promise<unknown>): Promise<void> {
      try {
        out.push(inspect(await run(), { depth: 9 }));
      } catch (error) {
        out.push(inspect(error, { depth: 9, showHidden: true }));
      }
    }
    function value(): core.SecretBytes {
      return new core.SecretBytes(utf8(CANARY));
    }
    await note(() => vault.set(handle, value(), { note: "n" }));
    await note(() => vault.set(handle, value()));
    await note(() => vault.rotate(handle, value()));
    await note(() => vault.set(core.parseHandle("handle://env/a/b"), value()));
    await note(() => vault.putKey("acme", value()));
    await note(() => vault.bind(handle, { host: "*:1", slot: "bearer" }));
    await note(() => vault.rotateVaultKey());
    await note(() => vault.list());
    const redactor = core.createRedactor({ random: seededRandom() });
    await note(() => vault.feed(redactor));
    for (const { bytes } of spellingsOf(utf8(CANARY))) {
      out.push(redactor.mask(text(bytes)).text, inspect(redactor.find(text(bytes))));
      const stream = redactor.stream();
      for (const byte of bytes) out.push(text(stream.push(Uint8Array.of(byte))));
      out.push(text(stream.end()));
    }
    out.push(inspect(redactor, { depth: 9, showHidden: true }), inspect(vault, { depth: 9, showHidden: true }));
    expect(await codeOfAsync(() => redactor.detect(`password="${CANARY}"`))).toBeNull();
    out.push(...filesBelow(home).map((file) => readFileSync(file, "latin1")));
    // A fresh redactor that knows nothing but the canary looks through all of it.
    const watch = core.createRedactor({ random: seededRandom("watch") });
    watch.add({ bytes: utf8(CANARY), handle, class: "secret" });
    expect(out.filter((shown) => watch.find(shown).length > 0)).toEqual([]);
    expect(out.length).toBeGreaterThan(100);
  });
});
