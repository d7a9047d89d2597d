import type { Inner } from "./wrappers.ts";
import { isOption } from "./words.ts";

/** Options before the subcommand that take a value. */
const GLOBAL_VALUES: ReadonlySet<string> = new Set([
  "-c",
  "-C",
  "--git-dir",
  "--work-tree",
  "--namespace",
  "--super-prefix",
  "--config-env",
  "--attr-source",
  "--list-cmds",
]);

/** Subcommands that start programs named in their arguments or in configuration. */
const RUNNERS: ReadonlySet<string> = new Set([
  "bisect",
  "submodule",
  "filter-branch",
  "difftool",
  "mergetool",
  "for-each-repo",
  "hook",
  "daemon",
  "instaweb",
  "web--browse",
  "send-email",
  "remote-ext",
  "remote-fd",
  "shell",
  "cvsserver",
  "gui",
  "citool",
  "maintenance",
  "p4",
  "svn",
]);

/** Options that start a program. Git takes any unambiguous abbreviation. */
const RUNNING_OPTIONS = [
  "--exec",
  "--upload-pack",
  "--receive-pack",
  "--open-files-in-pager",
  "--ext-diff",
  "--textconv",
  "--extcmd",
  "--tool",
  "--tree-filter",
  "--index-filter",
  "--msg-filter",
  "--strategy",
  "--gpg-sign",
  "--show-signature",
  "--template",
  "--config",
  "--edit",
  "--interactive",
];

/** What only looks; `branch`, `tag`, `remote`, `stash`, `config` and `worktree` do so in some forms and count as writing. */
const READERS: ReadonlySet<string> = new Set(
  ("annotate archive blame cat-file check-attr check-ignore check-mailmap check-ref-format cherry column count-objects " +
    "describe diff diff-files diff-index diff-tree fast-export for-each-ref format-patch fsck get-tar-commit-id grep help " +
    "interpret-trailers log ls-files ls-remote ls-tree mailinfo mailsplit merge-base merge-file merge-tree name-rev " +
    "patch-id range-diff request-pull rev-list rev-parse shortlog show show-branch show-index show-ref status stripspace " +
    "var verify-commit verify-pack verify-tag version whatchanged").split(" "),
);

/** What policy has to know of a git command. */
export interface GitCommand {
  /** `true` when its words do not say what would run. */
  readonly opaque: boolean;
  /** `true` when it may change `.git`. */
  readonly writes: boolean;
  /** Words that may name what it reads from the object store. */
  readonly operands: readonly string[];
  /** Commands that it would run. */
  readonly inner: readonly Inner[];
}

/**
 * Reads a git command.
 *
 * @param words The whole argv, `git` first.
 * @returns What it may run, read and write.
 */
export function readGit(words: readonly string[]): GitCommand {
  const inner: Inner[] = [];
  let at = 1;
  for (; at < words.length && isOption(words[at] ?? ""); at++) {
    const word = words[at] ?? "";
    const value = GLOBAL_VALUES.has(word) ? words[++at] ?? "" : word;
    // `-c alias.x='!rm -rf .'`: the part behind `!` is a shell command.
    const bang = value.indexOf("=!");
    if (bang >= 0) inner.push({ kind: "code", code: value.slice(bang + 2) });
  }
  const subcommand = words[at] ?? "";
  const rest = words.slice(at + 1);
  const question = words.length === 2 && /^(?:--version|--help|-v|-h)$/.test(words[1] ?? "");
  if (at > 1 && subcommand !== "") inner.push({ kind: "words", words: ["git", subcommand, ...rest] });
  inner.push(...ranBy(subcommand, rest));
  return {
    opaque: (at > 1 && !question) || RUNNERS.has(subcommand) || rest.some((word) => isRunning(subcommand, word)),
    writes: subcommand !== "" && !READERS.has(subcommand),
    operands: at > 1 ? words.slice(1) : rest,
    inner,
  };
}

/** `git bisect run CMD`, `git submodule foreach CODE`, `git rebase -x CODE`, `git difftool -x CODE`. */
function ranBy(subcommand: string, rest: readonly string[]): readonly Inner[] {
  const found: Inner[] = [];
  const verb = rest.findIndex((word) => word === "run" || word === "foreach");
  if (verb >= 0 && subcommand === "bisect") found.push({ kind: "words", words: rest.slice(verb + 1) });
  if (verb >= 0 && subcommand === "submodule") {
    found.push({ kind: "code", code: rest.slice(verb + 1).filter((word) => !isOption(word)).join(" ") });
  }
  if (!/^(?:rebase|difftool|filter-branch|grep)$/.test(subcommand)) return found;
  for (const [at, word] of rest.entries()) {
    const next = rest[at + 1] ?? "";
    const long = /^--[a-z-]+=(.*)$/s.exec(word)?.[1];
    if (/^-[xO]$|^--(?:ex|tree|index|msg|env|parent|commit|tag-name)/.test(word)) {
      found.push({ kind: "code", code: long ?? next });
    } else if (/^-[xO]./.test(word)) found.push({ kind: "code", code: word.slice(2) });
  }
  return found;
}

function isRunning(subcommand: string, word: string): boolean {
  if (/^(?:ext|fd)::/.test(word)) return true;
  if (!isOption(word)) return false;
  if (!word.startsWith("--")) {
    if (subcommand === "grep") return word.includes("O");
    if (subcommand === "rebase") return /^-[a-zA-Z]*[xi]/.test(word);
    return (subcommand === "clone" || subcommand === "ls-remote") && /^-[a-z]*[uc]/.test(word);
  }
  const name = word.split("=")[0] ?? "";
  return name.length > 4 && name !== "--text" && RUNNING_OPTIONS.some((option) => option.startsWith(name));
}
