import { keyDigest, keyIdText, readPublishers } from "../../../skills/mod.ts";
import type { CommandContext } from "../../context.ts";
import { withVault } from "../vault/open.ts";
import { listOwnKeys, type OwnKey, publicHalf } from "./own-keys.ts";

/** Runs `key list`. */
export async function keyList(context: CommandContext): Promise<void> {
  await withVault(context, async (vault, { installation }) => {
    const { home, keys } = installation;
    const locked = vault.state === "locked";
    const sealed = locked ? [] : await vault.keyNames();
    const lost: OwnKey[] = [];
    const own = listOwnKeys(home);
    for (const name of sealed) {
      if (own.some((one) => one.name === name)) continue;
      // oxlint-disable-next-line no-await-in-loop -- one key in memory at a time
      lost.push({ name, key: await publicHalf(vault, name) });
    }
    const publishers = readPublishers({ home, keys, clock: context.system.clock });
    const rows = [...own, ...lost].toSorted((a, b) => (a.name < b.name ? -1 : 1)).map(({ name, key }) => ({
      name,
      id: keyIdText(key.id),
      key: key.text,
      digest: keyDigest(key.text),
      namespaces: publishers.filter((one) => one.keys.some((pinned) => pinned.key === key.text))
        .map(({ namespace }) => namespace),
      // Whether it can sign here: `null` while the vault is locked.
      secret: locked ? null : sealed.includes(name),
    }));
    if (context.json) context.output.json({ v: 1, keys: rows });
    else if (rows.length === 0) context.output.text("no keys yet: agentzero key generate NAME");
    else {
      context.output.table(rows.map(({ name, id, namespaces, secret }) => [
        name,
        id,
        namespaces.join(" ") || "-",
        secret === null ? "vault locked" : secret ? "signs" : "public half only",
      ]));
    }
  });
}
