import type { ProcessLimits } from "../limits.ts";
import { hardLimits } from "./hard-limits.ts";

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

/** How the supervisor of one run is started. */
export interface SupervisorPlan {
  readonly programs: Programs;
  readonly staged: boolean;
  readonly limits: ProcessLimits;
  readonly timeoutMs: number;
  readonly command: readonly string[];
}

/**
 * Builds the argv of the small program that stands between us and bubblewrap.
 *
 * It sets the limits, mounts the staged view in a namespace of its own, starts bubblewrap in the background and then
 * reads orders from a pipe: `t GROUP` asks politely, `k` kills, and the end of the pipe, which also comes when this
 * process is killed, ends everything. Signals go through it, so that no process id can be reused between look and kill.
 *
 * @param plan Programs, limits and the command.
 * @returns The argv; nothing in it is secret.
 */
export function supervisorArgv(plan: SupervisorPlan): readonly string[] {
  const { programs } = plan;
  const own = plan.staged ? [programs.unshare, "--user", "--map-root-user", "--mount", "--"] : [];
  // Without a namespace of our own the count of processes would include everything this user runs: limit it inside.
  const inner = plan.staged ? [] : [programs.prlimit, `--nproc=${plan.limits.processes}`, "--"];
  return [...own, programs.sh, "-c", script(plan), "agentzero-sandbox", ...inner, ...plan.command];
}

function script(plan: SupervisorPlan): string {
  const { programs, limits } = plan;
  const hard = hardLimits();
  const [files, data, size, seconds, processes] = [
    Math.min(limits.openFiles, hard.openFiles),
    Math.floor(Math.min(limits.dataBytes, hard.dataBytes) / 1024),
    Math.floor(Math.min(limits.fileBytes, hard.fileBytes) / 512),
    Math.min(Math.ceil(plan.timeoutMs / 1000) + 1, hard.cpuSeconds),
    Math.min(limits.processes, hard.processes),
  ];
  return [
    "exec 9<&0 </dev/null",
    // What shells add by themselves, and what Deno tells its children.
    "unset PWD OLDPWD SHLVL DENO_EXTRA_STDIO_FDS",
    `ulimit -c 0 && ulimit -n ${files} && ulimit -d ${data} && ulimit -f ${size} && ulimit -t ${seconds} || { echo 'setup: cannot set limits' >&4; exit 91; }`,
    // dash and busybox say -p, bash says -u and means something else by -p, which it refuses to change.
    ...(plan.staged
      ? [
        `ulimit -p ${processes} 2>/dev/null || ulimit -u ${processes} 2>/dev/null || { echo 'setup: cannot limit processes' >&4; exit 91; }`,
      ]
      : []),
    ...(plan.staged
      ? [
        `${programs.mount} -t overlay overlay -o lowerdir=l,upperdir=up,workdir=work,userxattr m 2>&4 || { echo 'setup: cannot mount the staged view' >&4; exit 90; }`,
      ]
      : []),
    // 5 and 9 are ours: with the control pipe a command could give orders.
    `${programs.bwrap} --args 3 -- "$@" <&9 5<&- 9<&- &`,
    "p=$!",
    "exec 1>&- 2>&- 3<&- 4>&- 6<&- 7<&- 9<&-",
    'while read -r order group <&5; do case "$order" in t) kill -s TERM -- "-$group";; k) kill -s KILL "$p";; esac; done',
    'kill -s KILL "$p"',
  ].join("\n");
}
