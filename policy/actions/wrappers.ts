import { isOption } from "./words.ts";

/** What a command would run besides itself: an argv, or text that a shell reads. */
export type Inner =
  | { readonly kind: "words"; readonly words: readonly string[] }
  | { readonly kind: "code"; readonly code: string };

/** How a program that runs another one reads its arguments. */
interface Wrapper {
  /** Short options that take a value. */
  readonly short: string;
  /** Long options that take a value. */
  readonly long: readonly string[];
  /** Operands before the command: a duration, a lock file, a host. */
  readonly skip: number;
  /** Short and long options whose value is shell code. */
  readonly code: readonly string[];
  /** `true`: the rest is joined by blanks and read by a shell. */
  readonly joins: boolean;
}

function wrapper(short = "", long = "", more: Partial<Wrapper> = {}): Wrapper {
  return { short, long: long === "" ? [] : long.split(" "), skip: 0, code: [], joins: false, ...more };
}

/** Enough for any real command; hostile ones are opaque all the same. */
const MAX_READINGS = 8;
const PLAIN = wrapper();
const CONTAINER = wrapper(
  "evpwulmhca",
  "env volume publish workdir user label memory hostname cpus attach name network entrypoint mount env-file platform " +
    "add-host cap-add cap-drop device dns gpus ip restart runtime security-opt shm-size tmpfs ulimit userns pull",
  { skip: 1 },
);
const TRACER = wrapper("aeEIoOpPsSuXb", "output trace user");

/**
 * Programs that run another program. What they run is decided too, and the command as a whole is opaque: an `argv`
 * rule that names a wrapper says nothing about what is inside.
 */
const WRAPPERS: Readonly<Record<string, Wrapper>> = {
  env: wrapper("uC", "unset chdir", { code: ["S", "split-string"] }),
  nice: wrapper("n", "adjustment"),
  ionice: wrapper("cnpPu", "class classdata"),
  chrt: wrapper("TPDp", "", { skip: 1 }),
  taskset: wrapper("", "", { skip: 1 }),
  numactl: wrapper("iNmCl", "interleave cpunodebind membind physcpubind"),
  timeout: wrapper("ks", "kill-after signal", { skip: 1 }),
  nohup: PLAIN,
  time: wrapper("fo", "format output"),
  stdbuf: wrapper("ioe", "input output error"),
  unbuffer: PLAIN,
  setsid: PLAIN,
  setpriv: wrapper("", "reuid regid groups init-groups inh-caps ambient-caps bounding-set securebits pdeathsig"),
  setarch: wrapper("", "", { skip: 1 }),
  sudo: wrapper("ugphCrtTUDR", "user group prompt host close-from role type chdir chroot command-timeout other-user"),
  doas: wrapper("uC"),
  pkexec: wrapper("", "user"),
  su: wrapper("sgGw", "shell group supp-group whitelist-environment", { skip: 1, code: ["c", "command"] }),
  runuser: wrapper("sguG", "shell group user supp-group", { code: ["c", "command"] }),
  sg: wrapper("", "", { skip: 1, code: ["c"], joins: true }),
  chroot: wrapper("", "userspec groups", { skip: 1 }),
  unshare: wrapper("RwSG", "root wd setuid setgid propagation map-user map-group"),
  nsenter: wrapper("tSGr", "target setuid setgid"),
  bwrap: PLAIN,
  firejail: PLAIN,
  fakeroot: wrapper("lisb", "lib faked"),
  eatmydata: PLAIN,
  prlimit: wrapper("po", "pid output"),
  flock: wrapper("wEc", "wait timeout conflict-exit-code", { skip: 1, code: ["c", "command"] }),
  command: PLAIN,
  builtin: PLAIN,
  exec: wrapper("a"),
  coproc: PLAIN,
  xargs: wrapper(
    "InLPsdEaJR",
    "replace max-args max-lines max-procs max-chars delimiter arg-file eof process-slot-var",
  ),
  parallel: wrapper("jIaNLnPSsdC", "jobs arg-file max-args colsep delimiter sshlogin joblog tmpdir", { joins: true }),
  entr: PLAIN,
  watch: wrapper("nq", "interval equexit", { joins: true }),
  ssh: wrapper("BbcDEeFIiJLlmOopQRSWw", "", { skip: 1, joins: true }),
  script: wrapper("cEIOBTo", "command log-in log-out log-io log-timing", { skip: 1, code: ["c", "command"] }),
  strace: TRACER,
  ltrace: TRACER,
  perf: wrapper("eo", "", { skip: 1 }),
  valgrind: PLAIN,
  catchsegv: PLAIN,
  rlwrap: PLAIN,
  proxychains: wrapper("f"),
  torsocks: PLAIN,
  faketime: wrapper("f", "", { skip: 1 }),
  busybox: PLAIN,
  toybox: PLAIN,
  "systemd-run": wrapper("HMpEu", "host machine property setenv unit slice uid gid working-directory"),
  "dbus-run-session": wrapper("", "config-file dbus-daemon"),
  "xvfb-run": wrapper("efnpsw", "error-file auth-file server-num xauth-protocol server-args wait"),
  "start-stop-daemon": wrapper("pnugkxadrIO", "pidfile name user group chuid exec startas chdir chroot"),
  "nix-shell": wrapper("pA", "packages attr", { code: ["run", "command"] }),
  winpty: PLAIN,
  direnv: wrapper("", "", { skip: 2 }),
  dotenv: wrapper("efv"),
  "cross-env": PLAIN,
  "cross-env-shell": wrapper("", "", { joins: true }),
  concurrently: wrapper("n", "", { joins: true }),
  nodemon: wrapper("eiwx", "ext ignore watch", { code: ["x", "exec"] }),
};

/** Programs whose command stands behind a subcommand. */
const BEHIND_SUBCOMMAND: Readonly<Record<string, Readonly<Record<string, Wrapper>>>> = {
  docker: { run: CONTAINER, exec: CONTAINER, create: CONTAINER },
  podman: { run: CONTAINER, exec: CONTAINER, create: CONTAINER },
  nerdctl: { run: CONTAINER, exec: CONTAINER },
  kubectl: { exec: wrapper("nc", "namespace container", { skip: 1 }), run: wrapper("", "image", { skip: 1 }) },
  uv: { run: wrapper("p", "with with-editable python extra group package project directory env-file") },
  poetry: { run: PLAIN },
  pipenv: { run: PLAIN },
  pdm: { run: PLAIN },
  hatch: { run: PLAIN },
  rye: { run: PLAIN },
  conda: { run: wrapper("np", "name prefix cwd") },
  bundle: { exec: PLAIN },
  rbenv: { exec: PLAIN },
  pyenv: { exec: PLAIN },
  nvm: { exec: wrapper("", "", { skip: 1 }), run: wrapper("", "", { skip: 1 }) },
  fnm: { exec: wrapper("", "using") },
  mise: { exec: PLAIN, x: PLAIN },
  asdf: { exec: PLAIN },
  nix: { run: PLAIN, develop: wrapper("", "", { code: ["c", "command"] }) },
  pnpm: { exec: wrapper("C", "filter dir") },
  yarn: { exec: PLAIN },
  npm: { explore: wrapper("", "", { skip: 1, joins: true }) },
};

/**
 * Tells whether a program's work is to run another one.
 *
 * @param name The program's name without folder.
 */
export function isWrapper(name: string): boolean {
  return Object.hasOwn(WRAPPERS, name);
}

/**
 * Finds what a wrapper runs.
 *
 * @param name The program's name without folder.
 * @param words The whole argv.
 * @returns The inner commands, most likely first; `null` when the program is no wrapper.
 */
export function unwrap(name: string, words: readonly string[]): readonly Inner[] | null {
  if (/^ld(?:-linux|-musl|64|\.so)/.test(name)) return readInner(PLAIN, words, 1);
  const spec = Object.hasOwn(WRAPPERS, name) ? WRAPPERS[name] : undefined;
  if (spec !== undefined) return readInner(spec, words, 1);
  const subcommands = Object.hasOwn(BEHIND_SUBCOMMAND, name) ? BEHIND_SUBCOMMAND[name] : undefined;
  if (subcommands === undefined) return null;
  for (const [at, word] of words.entries()) {
    // Options before the subcommand may have values: any word that is one of the subcommands counts.
    const behind = at > 0 && Object.hasOwn(subcommands, word) ? subcommands[word] : undefined;
    if (behind !== undefined) return readInner(behind, words, at + 1);
  }
  return null;
}

function readInner(spec: Wrapper, words: readonly string[], start: number): readonly Inner[] {
  const found: Inner[] = [];
  let skip = spec.skip;
  let at = start;
  for (; at < words.length; at++) {
    const word = words[at] ?? "";
    if (word === "--") {
      if (skip > 0) continue;
      at++;
      break;
    }
    if (isOption(word)) {
      const option = readOption(spec, word);
      const value = option.attached ?? words[at + 1];
      if (option.code && value !== undefined) found.push({ kind: "code", code: value });
      if (option.takesNext) at++;
      // An option that we do not know may take the next word: both readings are decided.
      else if (option.unknown && skip === 0 && found.length < MAX_READINGS) found.push(...rest(spec, words, at + 2));
    } else if (word === "-" || isAssignment(word)) continue;
    else if (skip > 0) skip--;
    else break;
  }
  return [...rest(spec, words, at), ...found];
}

function rest(spec: Wrapper, words: readonly string[], at: number): readonly Inner[] {
  const left = words.slice(at);
  if (left.length === 0) return [];
  return spec.joins ? [{ kind: "code", code: left.join(" ") }] : [{ kind: "words", words: left }];
}

function readOption(spec: Wrapper, word: string) {
  if (word.startsWith("--")) {
    const cut = word.indexOf("=");
    const name = word.slice(2, cut < 0 ? undefined : cut);
    const known = spec.long.includes(name) || spec.code.includes(name);
    return {
      code: spec.code.includes(name),
      takesNext: cut < 0 && known,
      attached: cut < 0 ? null : word.slice(cut + 1),
      unknown: cut < 0 && !known,
    };
  }
  for (let at = 1; at < word.length; at++) {
    const letter = word[at] ?? "";
    if (!spec.short.includes(letter) && !spec.code.includes(letter)) continue;
    const attached = at + 1 < word.length ? word.slice(at + 1) : null;
    return { code: spec.code.includes(letter), takesNext: attached === null, attached, unknown: false };
  }
  return { code: false, takesNext: false, attached: null, unknown: false };
}

function isAssignment(word: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_]*=/.test(word);
}
