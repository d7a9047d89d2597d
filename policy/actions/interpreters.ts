import { isSafeAwk, isSafeSed } from "./inline-scripts.ts";
import { isOption } from "./words.ts";

const SHELLS = /^(?:r?bash|sh|dash|r?zsh|r?ksh(?:93)?|mksh|lksh|pdksh|ash|yash|fish|csh|tcsh|nu|elvish|xonsh)$/;

const AWK = /^(?:[gmn]|original-)?awk$|^bwk$/;

/**
 * Interpreters that run a script file when one is named, and the options before it that change nothing about what
 * runs. Any other option (inline code, a module to load first, a loop around the input) makes the command opaque.
 */
const INTERPRETERS: readonly { readonly names: RegExp; readonly safe: RegExp }[] = [
  { names: /^(?:python|pypy)[0-9.]*$/, safe: /^-[BEIOPdbqsSuvx]+$/ },
  {
    names: /^(?:node|nodejs)[0-9]*$/,
    safe:
      /^(?:-c|--check|--test|--test-only|--watch|--enable-source-maps|--no-(?:warnings|deprecation)|--trace-(?:warnings|deprecation|uncaught)|--expose-gc|--experimental-strip-types|--(?:max-old-space-size|stack-trace-limit|test-concurrency|test-timeout)=[0-9]+|--test-(?:reporter|name-pattern)=[^/]+)$/,
  },
  { names: /^perl[0-9.]*$/, safe: /^-[cwWXtTuU]+$/ },
  { names: /^(?:ruby|jruby|truffleruby)[0-9.]*$/, safe: /^-[cwvW]+$/ },
  { names: /^(?:php|hhvm)[0-9.]*$/, safe: /^(?:-[lfn])$/ },
  {
    names:
      /^(?:lua|luajit|tclsh|wish|expect|Rscript|julia|guile|racket|scheme|sbcl|clisp|groovy|scala|kotlin|elixir|escript|erl|swift|osascript|tsx|ts-node|ts-node-esm|coffee|jshell|octave|gnuplot|qjs|d8|jjs|pwsh|powershell|cmd|irb|pry|ipython|bpython|ghci|runghc|bb|crystal|dart|nim|io|gst|gjs|wscript|cscript)[0-9.]*$/,
    safe: /^$/,
  },
];

/** Modules for `python -m` that take code or a program as an argument. */
const RUNNER_MODULES = /^(?:timeit|i?pdb|cProfile|profile|trace|code|runpy|IPython|ipython|bdb|asyncio|this|idlelib)/;

/**
 * Programs whose ordinary input can start other programs: editors and clients with a shell escape, debuggers,
 * schedulers, terminals. There is nothing in their words that would tell.
 */
const ESCAPES =
  /^(?:vi|vim|nvim|view|vimdiff|ex|ed|red|emacs|emacsclient|nano|pico|less|more|most|man|info|sqlite3?|psql|mysql|mariadb|mongo|mongosh|redis-cli|gdb|lldb|cgdb|ftp|sftp|telnet|nc|ncat|netcat|socat|dc|m4|screen|tmux|at|batch|crontab|lynx|w3m|links|mutt|mail|mailx|dialog|whiptail|xterm|gnome-terminal|open|xdg-open|dpkg|apt|apt-get|rpm|yum|dnf|snap|brew|systemctl|service|init|insmod|mount|rsh|rlogin|rexec|aria2c|ansible|ansible-playbook|vagrant|puppet|chef|salt|cpan)[0-9.]*$/;

/** Options of everyday tools that start a program. Long ones may be abbreviated. */
const RUNNING_OPTIONS: Readonly<
  Record<string, { readonly short: readonly string[]; readonly long: readonly string[] }>
> = {
  tar: options(
    "IF",
    "to-command checkpoint-action use-compress-program info-script new-volume-script rsh-command rmt-command",
  ),
  bsdtar: options("", "use-compress-program"),
  cpio: options("F", "rsh-command"),
  rsync: options("e", "rsh rsync-path"),
  sort: options("", "compress-program"),
  split: options("", "filter"),
  fd: options("xX", "exec exec-batch"),
  fdfind: options("xX", "exec exec-batch"),
  rg: options("", "pre hostname-bin"),
  ag: options("", "pager"),
  ack: options("", "pager"),
  bat: options("", "pager"),
  batcat: options("", "pager"),
  unzip: options("", "unzip-command"),
  scp: options("SoF", ""),
  gcc: options("", "wrapper fplugin specs"),
  cc: options("", "wrapper fplugin specs"),
  clang: options("", "fplugin load"),
  zip: options("T", "unzip-command"),
  install: options("", "strip-program"),
  diff3: options("", "diff-program"),
  sdiff: options("", "diff-program"),
  go: options("", "exec toolexec vettool"),
  rustc: options("C", "codegen"),
  cargo: options("Z", "config"),
  hg: options("", "config"),
  svn: options("", "config-option diff-cmd diff3-cmd editor-cmd merge-tool"),
  gpg: options("", "agent-program dirmngr-program photo-viewer"),
  openssl: options("", "engine provider"),
  latex: options("", "shell-escape"),
  pdflatex: options("", "shell-escape"),
  wget: options("e", "use-askpass execute"),
  curl: options("K", "config"),
  ctags: options("", "options"),
  pip: options("", "config-settings global-option"),
};

/**
 * Tells whether a command carries code in its words, or hands control to something that policy cannot see.
 *
 * @param name The program's name without folder.
 * @param words The whole argv.
 * @returns `true` when the words do not say what would run.
 */
export function carriesCode(name: string, words: readonly string[]): boolean {
  if (SHELLS.test(name) || ESCAPES.test(name)) return !isQuestion(words);
  if (AWK.test(name)) return !isSafeAwk(words);
  if (/^g?sed$/.test(name)) return !isSafeSed(words);
  if (/^[gb]?make$|^remake$/.test(name)) return makeCarriesCode(words);
  if (/^(?:deno|bun)$/.test(name)) return runtimeCarriesCode(words);
  const interpreter = INTERPRETERS.find((entry) => entry.names.test(name));
  if (interpreter !== undefined) return interpreterCarriesCode(interpreter.safe, [name, ...words.slice(1)]);
  return hasRunningOption(name, words);
}

/**
 * Finds the code given to a shell with `-c`.
 *
 * @param name The program's name without folder.
 * @param words The whole argv.
 * @returns The code, or `null` when the program is no shell or none is given.
 */
export function shellCode(name: string, words: readonly string[]): string | null {
  if (!SHELLS.test(name)) return null;
  let given = false;
  for (let at = 1; at < words.length; at++) {
    const word = words[at] ?? "";
    if (/^[-+][^-]/.test(word)) {
      given ||= word.startsWith("-") && word.includes("c");
      // `-o pipefail` and `-O extglob` take a value.
      if (/[oO]$/.test(word)) at++;
    } else if (word.startsWith("--") && word !== "--") {
      if (/^--(?:rcfile|init-file|init-command|command)$/.test(word)) {
        if (word.endsWith("command")) return words[at + 1] ?? null;
        at++;
      }
    } else if (word !== "--") return given ? word : null;
  }
  return null;
}

/** Tells whether a program runs whatever script it is given: a shell, `python`, `node`, `awk`, `make` and their like. */
export function isInterpreter(name: string): boolean {
  return SHELLS.test(name) || AWK.test(name) || /^(?:deno|bun)$/.test(name) ||
    INTERPRETERS.some((entry) => entry.names.test(name));
}

/** Tells whether a program is a shell, so that text on its standard input is code. */
export function isShell(name: string): boolean {
  return SHELLS.test(name);
}

/** Only `--version` or `--help`: nothing runs. */
function isQuestion(words: readonly string[]): boolean {
  return words.length === 2 && /^(?:--version|--help|-V)$/.test(words[1] ?? "");
}

function interpreterCarriesCode(safe: RegExp, words: readonly string[]): boolean {
  if (isQuestion(words) || (words.length === 2 && words[1] === "-v")) return false;
  for (const [at, word] of words.entries()) {
    if (at === 0) continue;
    if (word === "-m" && /^(?:python|pypy)/.test(words[0] ?? "")) {
      const module = words[at + 1] ?? "";
      return !/^[A-Za-z_][A-Za-z0-9_.]*$/.test(module) || RUNNER_MODULES.test(module);
    }
    // Threat: without a file, or with `-` or a descriptor's path, the code comes through a pipe.
    if (!isOption(word)) return word === "-" || word === "" || /^\/+(?:dev|proc)\//.test(word);
    if (!safe.test(word)) return true;
  }
  return !words.includes("--test");
}

/** `deno` and `bun`: a subcommand or a file; `eval`, `-e` and standard input carry code. */
function runtimeCarriesCode(words: readonly string[]): boolean {
  if (isQuestion(words)) return false;
  const first = words[1];
  if (first === undefined || isOption(first) || first === "eval" || first === "repl" || first === "exec") return true;
  return words.some((word) =>
    word === "-" || /^(?:-e|-p|--eval|--print|--preload|--import|--require)(?:=|$)/.test(word) ||
    /^(?:https?|data|blob):/i.test(word) || /^\/+(?:dev|proc)\//.test(word)
  );
}

/** Variables and `--eval` are make code: `make 'X=$(shell id)'`. */
function makeCarriesCode(words: readonly string[]): boolean {
  return words.slice(1).some((word, at, list) =>
    word.includes("=") && !/^--(?:directory|jobs|load-average|max-load|output-sync)=/.test(word) ||
    word.includes("$") || word.startsWith("-E") || word.startsWith("--ev") ||
    (/^(?:-f|--file|--makefile)$/.test(word) && /^-$|^\/+(?:dev|proc)\//.test(list[at + 1] ?? "")) ||
    /^-f(?:-|\/+(?:dev|proc)\/)/.test(word)
  );
}

function hasRunningOption(name: string, words: readonly string[]): boolean {
  const known = Object.hasOwn(RUNNING_OPTIONS, name) ? RUNNING_OPTIONS[name] : undefined;
  if (known === undefined) return false;
  return words.slice(1).some((word, at) => {
    // `tar xIf lz4 a.tar`: the first word of tar is a bundle of options with or without a dash.
    const bundle = name === "tar" && at === 0 && !word.startsWith("-");
    if (!isOption(word) && !bundle) return false;
    if (word.startsWith("--")) return isLong(known.long, word.slice(2));
    // `go test -exec PROGRAM`: long names after one dash are never abbreviated.
    return known.short.some((letter) => word.includes(letter)) ||
      known.long.includes(word.slice(1).split("=")[0] ?? "");
  });
}

function isLong(long: readonly string[], word: string): boolean {
  const name = word.split("=")[0] ?? "";
  return name.length > 1 && long.some((option) => option.startsWith(name));
}

function options(short: string, long: string): { short: readonly string[]; long: readonly string[] } {
  return { short: short.split(""), long: long === "" ? [] : long.split(" ") };
}
