import { accessSync, constants, readFileSync } from "node:fs";
import type { Programs } from "./supervisor.ts";

/** The programs, or what is missing and how to get it. */
export type ProgramsFound =
  | { readonly ok: true; readonly programs: Programs }
  | { readonly ok: false; readonly missing: string; readonly fix: string };

// Threat: a program of that name in a folder of the user's PATH. Only system folders count.
const FOLDERS = ["/usr/bin", "/bin", "/usr/sbin", "/sbin", "/usr/local/bin"] as const;

// Each with the package it comes in.
const NEEDED: readonly (readonly [string, string])[] = [
  ["bwrap", "bubblewrap"],
  ["sh", "dash"],
  ["bash", "bash"],
  ["unshare", "util-linux"],
  ["mount", "util-linux"],
  ["prlimit", "util-linux"],
];

/**
 * Finds the programs that a sandbox is made with.
 *
 * @param folders Where to look; system folders by default.
 * @returns Absolute paths, or the first one missing with the command that installs it.
 */
export function findPrograms(folders: readonly string[] = FOLDERS): ProgramsFound {
  const found = new Map<string, string>();
  for (const [name, source] of NEEDED) {
    const path = folders.map((folder) => `${folder}/${name}`).find(isExecutable);
    if (path === undefined) return { ok: false, missing: name, fix: installLine(source, osRelease()) };
    found.set(name, path);
  }
  function at(name: string): string {
    return found.get(name) ?? "";
  }
  const [bwrap, sh, unshare, mount, prlimit, bash] = [
    at("bwrap"),
    at("sh"),
    at("unshare"),
    at("mount"),
    at("prlimit"),
    at("bash"),
  ];
  return { ok: true, programs: { bwrap, sh, unshare, mount, prlimit, bash } };
}

/**
 * Gives the command that installs a package on this distribution.
 *
 * @param name Name of the package.
 * @param release Content of `/etc/os-release`.
 * @returns One line for a terminal.
 */
export function installLine(name: string, release: string): string {
  const [, id = "", like = ""] = [release, ...["ID", "ID_LIKE"].map((key) => valueOf(release, key))];
  const family = ` ${id} ${like} `;
  if (/ (?:debian|ubuntu) /.test(family)) return `sudo apt-get install -y ${name}`;
  if (/ (?:fedora|rhel|centos) /.test(family)) return `sudo dnf install -y ${name}`;
  if (/ (?:suse|opensuse|opensuse-leap|opensuse-tumbleweed|sles) /.test(family)) {
    return `sudo zypper install -y ${name}`;
  }
  if (/ arch /.test(family)) return `sudo pacman -S --needed ${name}`;
  if (/ alpine /.test(family)) return `sudo apk add ${name}${name === "util-linux" ? " util-linux-misc" : ""}`;
  if (/ nixos /.test(family)) return `add pkgs.${name} to environment.systemPackages`;
  return `install the package ${name} with your system's package manager`;
}

function valueOf(release: string, key: string): string {
  const [, value = ""] = new RegExp(`^${key}=(.*)$`, "m").exec(release) ?? [];
  return value.replaceAll(/["']/g, "");
}

function osRelease(): string {
  try {
    return readFileSync("/etc/os-release", "utf8");
  } catch {
    return "";
  }
}

/** Is it there, and may it be started by us? */
export function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
