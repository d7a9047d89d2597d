import { mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";

// Public facts that programs need. Never `/etc/ssl` as a whole: it holds private keys.
const SHOWN = [
  "alternatives",
  "ca-certificates",
  "ca-certificates.conf",
  "ld.so.cache",
  "ld.so.conf",
  "ld.so.conf.d",
  "localtime",
  "mime.types",
  "pki/ca-trust",
  "pki/tls/cert.pem",
  "pki/tls/certs",
  "protocols",
  "services",
  "ssl/cert.pem",
  "ssl/certs",
  "ssl/openssl.cnf",
] as const;

const OWN: Readonly<Record<string, string>> = {
  passwd:
    "root:x:0:0:root:/root:/bin/sh\nagent:x:1000:1000:agent:/tmp/home:/bin/bash\nnobody:x:65534:65534:nobody:/:/bin/false\n",
  group: "root:x:0:\nagent:x:1000:\nnogroup:x:65534:\n",
  hosts: "127.0.0.1 localhost agentzero\n::1 localhost\n",
  "nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\n",
};

/**
 * Writes our own few files of `/etc`.
 *
 * @param dir Path that does not exist yet, in an existing folder.
 */
export function makeEtc(dir: string): void {
  mkdirSync(dir, 0o755);
  for (const [name, text] of Object.entries(OWN)) writeFileSync(join(dir, name), text, { flag: "wx", mode: 0o644 });
}

/**
 * Gives the options for `/etc`: our own files, and the public ones of the host, read-only.
 *
 * @param dir What {@link makeEtc} made.
 * @returns Options of bubblewrap.
 */
export function etcOptions(dir: string): readonly string[] {
  const shown = [...SHOWN, ...javaFolders()].filter((name) =>
    statSync(`/etc/${name}`, { throwIfNoEntry: false }) !== undefined
  );
  return [
    // One mount and a few links are cheaper than a mount for each file.
    ["--ro-bind", dir, "/etc/agentzero"],
    Object.keys(OWN).flatMap((name) => ["--symlink", `agentzero/${name}`, `/etc/${name}`]),
    shown.flatMap((name) => ["--ro-bind", `/etc/${name}`, `/etc/${name}`]),
  ].flat();
}

// A Java runtime of Debian does not start without its folder below /etc.
function javaFolders(): readonly string[] {
  try {
    return readdirSync("/etc").filter((name) => /^java(?:-\d+-openjdk)?$/.test(name));
  } catch {
    return [];
  }
}
