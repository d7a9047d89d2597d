import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** What to run: a line by `bash -c`, or an argv without a shell. */
export type RealJob =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "argv"; readonly argv: readonly string[] };

/** Notes how it was called, in one write, where the driver looks after each job. */
const MARKER = `#!/bin/sh\nprintf '%s\\0' "#$#" "\${0##*/}" "$@" >> /log/current\n`;

/** Runs each job in a fresh copy of a small repository, with a deadline, and keeps what the markers noted. */
const DRIVER = `
set -u
fresh() {
  rm -rf /w/* /w/.[!.]* && cp -r /tmp/template/. /w/ && cd /w
}
mkdir /tmp/template /tmp/home && cd /tmp/template || exit 1
printf '[user]\\nname=Ann\\nemail=ann@example.invalid\\n[safe]\\ndirectory=*\\n[init]\\ndefaultBranch=main\\n' > /tmp/home/.gitconfig
if [ -x /usr/bin/git ]; then
  /usr/bin/git init -q . && echo a > a.txt && /usr/bin/git add . && /usr/bin/git commit -qm one
  echo b >> a.txt && /usr/bin/git commit -qam two && echo c >> a.txt
fi
fresh
set -- /proc/[0-9]*; own=$#
for job in /jobs/*; do
  name=\${job##*/}
  rm -f /log/current
  case $FRESH in yes) fresh ;; esac
  case $job in
    *.text) IFS= read -r -d '' text < "$job"
      timeout -k 1 20 /usr/bin/bash --noprofile --norc -c "$text" < /dev/null > /dev/null 2>&1 ;;
    *.argv) mapfile -d '' -t argv < "$job"
      timeout -k 1 20 "\${argv[@]}" < /dev/null > /dev/null 2>&1 ;;
  esac
  # What runs beside a line may start after it has ended: its notes are those of this job, not of the next one.
  for wait in {1..50}; do set -- /proc/[0-9]*; [ $# -le $own ] && break; sleep 0.1; done
  [ $# -le $own ] || kill -KILL -1
  if [ -e /log/current ]; then mv /log/current "/log/$name"; fi
done
`;

/** Why lines cannot be run here, or `null`. */
export function whyNoRealBash(): string | null {
  if (!existsSync("/usr/bin/bash")) return "no /usr/bin/bash";
  try {
    execFileSync("bwrap", ["--unshare-all", "--ro-bind", "/", "/", "true"], { stdio: "ignore" });
    return null;
  } catch {
    return "bubblewrap is missing or may not make namespaces here";
  }
}

/**
 * Runs jobs in bubblewrap, one after the other, with marker programs first on PATH.
 *
 * @param jobs What to run.
 * @param markers Names of programs that only note that they were started.
 * @param fresh `true` resets the working folder before each job.
 * @returns For each job the argvs of the markers that it started; word 0 without folder.
 */
export function runForReal(
  jobs: readonly RealJob[],
  markers: readonly string[],
  fresh: boolean,
): readonly string[][][] {
  const root = mkdtempSync(join(tmpdir(), "az-bash-"));
  try {
    for (const name of ["jobs", "m", "w", "log"]) mkdirSync(join(root, name));
    for (const name of markers) {
      writeFileSync(join(root, "m", name), MARKER);
      chmodSync(join(root, "m", name), 0o755);
    }
    for (const [at, job] of jobs.entries()) {
      const content = job.kind === "text" ? job.text : job.argv.map((word) => `${word}\0`).join("");
      writeFileSync(join(root, "jobs", `${String(at).padStart(7, "0")}.${job.kind}`), content);
    }
    const binds = ["/usr", "/bin", "/lib", "/lib64", "/etc/passwd", "/etc/hostname", "/etc/alternatives"];
    execFileSync(
      "bwrap",
      [
        ..."--unshare-all --die-with-parent --new-session --clearenv --proc /proc --dev /dev --tmpfs /tmp".split(" "),
        ...["bind w", "bind log", "ro-bind jobs", "ro-bind m"].flatMap((text) => {
          const [kind, name = ""] = text.split(" ");
          return [`--${kind}`, join(root, name), `/${name}`];
        }),
        ...binds.flatMap((path) => ["--ro-bind-try", path, path]),
        ...`--setenv PATH /m:/usr/bin:/bin --setenv HOME /tmp/home --setenv LANG C.UTF-8 --setenv FRESH ${
          fresh ? "yes" : "no"
        }`
          .split(" "),
        "--chdir",
        "/w",
        "/usr/bin/bash",
        "-c",
        DRIVER,
      ],
      { stdio: ["ignore", "ignore", "pipe"], maxBuffer: 1 << 24 },
    );
    return jobs.map((job, at) => readNotes(join(root, "log", `${String(at).padStart(7, "0")}.${job.kind}`)));
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

function readNotes(file: string): string[][] {
  if (!existsSync(file)) return [];
  const items = readFileSync(file, "utf8").split("\0");
  const starts: string[][] = [];
  for (let at = 0; at + 1 < items.length;) {
    const count = Number((items[at] ?? "").slice(1));
    starts.push(items.slice(at + 1, at + 2 + count));
    at += 2 + count;
  }
  return starts;
}
