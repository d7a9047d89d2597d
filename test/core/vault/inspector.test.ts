import { close, open, url } from "node:inspector";
import { describe, expect, it, onTestFinished } from "vitest";
import { parseHandle } from "../../../core/handle.ts";
import { SecretBytes } from "../../../core/secret.ts";
import { openVault } from "../../../core/vault/open-vault.ts";
import { codeOfAsync, utf8, vaultRig } from "../../support/core-rig.ts";
import { tempDir } from "../../support/temp-dir.ts";

// Deno opens its inspector by a flag only; what it answers then is the same.
const canOpen = process.versions["deno"] === undefined && url() === undefined;

describe.skipIf(!canOpen)("a process with an inspector (Node only: it can be opened from inside)", () => {
  it("does not unlock a vault", async () => {
    const { options } = await vaultRig(tempDir());
    await (await openVault(options)).set(
      parseHandle("handle://vault/a/token"),
      new SecretBytes(utf8("faketoken-0123456789")),
    );
    open(0, "127.0.0.1");
    onTestFinished(() => close());
    expect(await codeOfAsync(() => openVault(options))).toBe("VAULT_LOCKED");
  });
});
