import type { ProcessLimits } from "../limits.ts";
import { hardLimits } from "./hard-limits.ts";
import { quoted } from "./quoted.ts";

/** Programs that a run needs, by absolute path. */
export interface Programs {
  readonly bwrap: string;
  readonly sh: string;
  readonly unshare: string;
  readonly mount: string;
  readonly prlimit: string;
  /** Runs scripts, inside. */
  readonly bash: string;
}

/** What the supervisor of one run is told. */
export interface SupervisorPlan {
  readonly programs: Programs;
  readonly staged: boolean;
  /** `true`: the supervisor has namespaces of its own, staged or not. */
  readonly own: boolean;
  /** What it does before the command, e.g. mounts; nothing of it is secret. */
  readonly setup: readonly string[];
  /** Options of the staged view besides its own. */
  readonly viewOptions: readonly string[];
  /** Folder of the run. */
  readonly stageDir: string;
  readonly limits: ProcessLimits;
  readonly timeoutMs: number;
  readonly command: readonly string[];
  /** Which of its descriptors this run has. */
  readonly has: { readonly stdin: boolean; readonly seccomp: boolean; readonly block: boolean };
}

/**
 * Gives the argv of the small program that stands between us and bubblewrap: a shell that reads what to do from its
 * standard input, in namespaces of its own where a view is staged. Until it was told something it does nothing.
 *
 * @param programs Where the programs are.
 * @param own In namespaces of its own?
 * @returns The argv.
 */
export function supervisorArgv(programs: Programs, own: boolean): readonly string[] {
  const outer = own ? [programs.unshare, "--user", "--map-root-user", "--mount", "--"] : [];
  return [...outer, programs.sh, "-s", "agentzero-sandbox"];
}

/**
 * Writes what the supervisor does for one run: it sets the limits, mounts the staged view, starts bubblewrap in the
 * background and then reads orders from a pipe: `t GROUP` asks politely, `k` kills, and the end of the pipe, which also
 * comes when this process is killed, ends everything. Signals go through it, so that no process id can be reused
 * between look and kill.
 *
 * @param plan Programs, limits and the command.
 * @returns A function and its call: half a text runs nothing. Nothing in it is secret.
 */
export function supervisorScript(plan: SupervisorPlan): string {
  const { programs, has } = plan;
  // Without a namespace of our own the count of processes would include everything this user runs: limit it inside.
  const inner = plan.own ? [] : [programs.prlimit, `--nproc=${plan.limits.processes}`, "--"];
  const words = [...inner, ...plan.command].map(quoted).join(" ");
  const unused = [...(has.seccomp ? [] : ["6<&-"]), ...(has.block ? [] : ["7<&-"])].join(" ");
  return [
    "run() {",
    `cd ${quoted(plan.stageDir)} 2>&4 || { echo 'setup: cannot enter the stage' >&4; exit 92; }`,
    // What shells add by themselves, and what Deno tells its children.
    "unset PWD OLDPWD SHLVL DENO_EXTRA_STDIO_FDS",
    ...limitLines(plan),
    ...(plan.staged
      ? [
        `${programs.mount} -t overlay overlay -o lowerdir=l,upperdir=up,workdir=work,${
          ["userxattr", ...plan.viewOptions].join(",")
        } m 2>&4 || { echo 'setup: cannot mount the staged view' >&4; exit 90; }`,
      ]
      : []),
    ...plan.setup,
    // 5 is ours: with the control pipe a command could give orders. 0 is where this text comes from.
    `${programs.bwrap} --args 3 -- ${words} ${has.stdin ? "<&8" : "</dev/null"} 5<&- 8<&- ${unused} &`,
    "p=$!",
    "exec 1>&- 2>&- 3<&- 4>&- 6<&- 7<&- 8<&-",
    'while read -r order group <&5; do case "$order" in t) kill -s TERM -- "-$group";; k) kill -s KILL "$p";; esac; done',
    'kill -s KILL "$p"',
    "exit",
    "}",
    "run\n",
  ].join("\n");
}

function limitLines({ own, limits, timeoutMs }: SupervisorPlan): readonly string[] {
  const hard = hardLimits();
  const [files, data, size, seconds, processes] = [
    Math.min(limits.openFiles, hard.openFiles),
    Math.floor(Math.min(limits.dataBytes, hard.dataBytes) / 1024),
    Math.floor(Math.min(limits.fileBytes, hard.fileBytes) / 512),
    Math.min(Math.ceil(timeoutMs / 1000) + 1, hard.cpuSeconds),
    Math.min(limits.processes, hard.processes),
  ];
  return [
    `ulimit -c 0 && ulimit -n ${files} && ulimit -d ${data} && ulimit -f ${size} && ulimit -t ${seconds} || { echo 'setup: cannot set limits' >&4; exit 91; }`,
    // dash and busybox say -p, bash says -u and means something else by -p, which it refuses to change.
    ...(own
      ? [
        `ulimit -p ${processes} 2>/dev/null || ulimit -u ${processes} 2>/dev/null || { echo 'setup: cannot limit processes' >&4; exit 91; }`,
      ]
      : []),
  ];
}
