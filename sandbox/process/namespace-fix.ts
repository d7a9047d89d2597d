import { existsSync, readFileSync } from "node:fs";

/** Reads one setting of the kernel, or gives `null`. */
export type ReadSetting = (path: string) => string | null;

/**
 * Says what keeps user namespaces from working here, and the one command that mends it.
 *
 * @param read Reads `/proc/sys/…`.
 * @param inContainer Are we in a container?
 * @returns One sentence with a command.
 */
export function namespaceFix(read: ReadSetting = readSetting, inContainer: boolean = isContainer()): string {
  if (read("/proc/sys/user/max_user_namespaces") === "0") {
    return "allow user namespaces: sudo sysctl -w user.max_user_namespaces=15000";
  }
  if (read("/proc/sys/kernel/unprivileged_userns_clone") === "0") {
    return "allow user namespaces: sudo sysctl -w kernel.unprivileged_userns_clone=1";
  }
  if (inContainer) {
    return "let this container make user namespaces: start it with --security-opt seccomp=unconfined --security-opt apparmor=unconfined --security-opt systempaths=unconfined";
  }
  if (read("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") === "1") {
    return "allow user namespaces: sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0, or add an AppArmor profile for bwrap and unshare";
  }
  return "check that the kernel has user namespaces: unshare --user true";
}

function readSetting(path: string): string | null {
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    return null;
  }
}

function isContainer(): boolean {
  return existsSync("/.dockerenv") || existsSync("/run/.containerenv") || existsSync("/run/systemd/container");
}
