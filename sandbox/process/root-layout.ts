import { lstatSync, readdirSync, readlinkSync } from "node:fs";

const TOP = ["bin", "sbin", "lib", "lib32", "lib64", "libx32"] as const;
const LOCAL = ["bin", "lib", "lib64", "libexec", "include", "share", "go"] as const;
// Public facts that programs need. Never `/etc/ssl` as a whole: it holds private keys.
const ETC = [
  "alternatives",
  "ca-certificates",
  "ca-certificates.conf",
  "ld.so.cache",
  "ld.so.conf",
  "ld.so.conf.d",
  "localtime",
  "mime.types",
  "pki/ca-trust",
  "pki/tls/certs",
  "pki/tls/cert.pem",
  "protocols",
  "services",
  "ssl/certs",
  "ssl/cert.pem",
  "ssl/openssl.cnf",
] as const;

/** Parts of `/proc` that tell about the host, or act on it, when the agent is root. */
const PROC_FOLDERS = ["acpi", "asound", "driver", "fs", "scsi"] as const;
const PROC_FILES = [
  "kcore",
  "keys",
  "kmsg",
  "kallsyms",
  "latency_stats",
  "sched_debug",
  "slabinfo",
  "timer_list",
  "vmallocinfo",
] as const;

/**
 * Gives the bubblewrap options for the small root: the system's programs read-only, a few public files of `/etc`, no
 * home, no `/run`, no `/var`.
 *
 * Threat: secrets and sockets of the host. What is not listed does not exist inside.
 *
 * @param etc Folder with our own `passwd`, `group`, `hosts` and `nsswitch.conf`.
 * @returns Options in the order in which they must be applied.
 */
export function rootOptions(etc: string): readonly string[] {
  const options = ["--ro-bind", "/usr", "/usr"];
  if (exists("/usr/local")) {
    options.push("--perms", "0555", "--size", "65536", "--tmpfs", "/usr/local");
    for (const name of LOCAL) {
      if (exists(`/usr/local/${name}`)) options.push("--ro-bind", `/usr/local/${name}`, `/usr/local/${name}`);
    }
  }
  for (const name of TOP) {
    const link = linkOf(`/${name}`);
    if (link !== null) options.push("--symlink", link, `/${name}`);
    else if (exists(`/${name}`)) options.push("--ro-bind", `/${name}`, `/${name}`);
  }
  for (const name of [...ETC, ...javaFolders()]) {
    if (exists(`/etc/${name}`)) options.push("--ro-bind", `/etc/${name}`, `/etc/${name}`);
  }
  for (const name of Object.keys(OWN_ETC)) options.push("--ro-bind", `${etc}/${name}`, `/etc/${name}`);
  return options;
}

/**
 * Gives the options that cover what of `/proc` a process of the real root could read or write.
 *
 * Threat: an agent that runs as root. Its user id is root's outside, too, and `/proc` judges by that.
 *
 * @param uid Real user id of the agent.
 * @returns Options; none for other users.
 */
export function procOptions(uid: number): readonly string[] {
  if (uid !== 0) return [];
  return [
    ...PROC_FOLDERS.filter((name) => exists(`/proc/${name}`)).flatMap((name) => emptyFolder(`/proc/${name}`)),
    ...PROC_FILES.filter((name) => exists(`/proc/${name}`)).flatMap((
      name,
    ) => ["--ro-bind", "/dev/null", `/proc/${name}`]),
  ];
}

/**
 * Gives the options that show an empty, read-only folder in place of another.
 *
 * @param path Path inside the sandbox.
 * @returns Options.
 */
export function emptyFolder(path: string): readonly string[] {
  return ["--perms", "0555", "--size", "65536", "--tmpfs", path, "--remount-ro", path];
}

/** Files of `/etc` that are ours, by name. */
export const OWN_ETC: Readonly<Record<string, string>> = {
  passwd:
    "root:x:0:0:root:/root:/bin/sh\nagent:x:1000:1000:agent:/tmp/home:/bin/bash\nnobody:x:65534:65534:nobody:/:/bin/false\n",
  group: "root:x:0:\nagent:x:1000:\nnogroup:x:65534:\n",
  hosts: "127.0.0.1 localhost agentzero\n::1 localhost\n",
  "nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\n",
};

// A Java runtime of Debian does not start without its folder below /etc.
function javaFolders(): readonly string[] {
  try {
    return readdirSync("/etc").filter((name) => /^java(?:-\d+-openjdk)?$/.test(name));
  } catch {
    return [];
  }
}

function exists(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

function linkOf(path: string): string | null {
  try {
    return readlinkSync(path);
  } catch {
    return null;
  }
}
