import type { StagedChange } from "./staged-change.ts";

// Each of these is run, or obeyed, by a program that nobody asks at that time.
const NAMES: ReadonlySet<string> = new Set([
  ".bash_login",
  ".bash_profile",
  ".bashrc",
  ".envrc",
  ".gitattributes",
  ".gitconfig",
  ".gitmodules",
  ".justfile",
  ".mcp.json",
  ".npmrc",
  ".pnp.cjs",
  ".pnpmfile.cjs",
  ".pre-commit-config.yaml",
  ".profile",
  ".pypirc",
  ".tool-versions",
  ".yarnrc",
  ".yarnrc.yml",
  ".zprofile",
  ".zshenv",
  ".zshrc",
  "agents.md",
  "build.gradle",
  "build.gradle.kts",
  "build.rs",
  "cargo.toml",
  "claude.md",
  "cmakelists.txt",
  "composer.json",
  "conftest.py",
  "deno.json",
  "deno.jsonc",
  "dockerfile",
  "gemfile",
  "gemini.md",
  "gnumakefile",
  "gulpfile.js",
  "jenkinsfile",
  "justfile",
  "makefile",
  "mise.toml",
  "noxfile.py",
  "package.json",
  "pom.xml",
  "procfile",
  "pyproject.toml",
  "rakefile",
  "setup.cfg",
  "setup.py",
  "sitecustomize.py",
  "skill.md",
  "taskfile.yml",
  "tox.ini",
  "usercustomize.py",
  "vagrantfile",
]);

const FOLDERS: ReadonlySet<string> = new Set([
  ".agents",
  ".azure-pipelines",
  ".buildkite",
  ".cargo",
  ".circleci",
  ".claude",
  ".cursor",
  ".devcontainer",
  ".direnv",
  ".forgejo",
  ".gemini",
  ".git",
  ".gitea",
  ".githooks",
  ".github",
  ".gitlab",
  ".husky",
  ".idea",
  ".lefthook",
  ".mvn",
  ".vim",
  ".vscode",
  ".yarn",
  ".zed",
  "node_modules",
]);

const PATTERNS: readonly RegExp[] = [
  /^(?:docker-)?compose(?:\.[\w-]+)*\.ya?ml$/,
  /^docker-compose(?:\.[\w-]+)*\.ya?ml$/,
  /^dockerfile\./,
  /^\.gitlab-ci(?:\.[\w-]+)*\.ya?ml$/,
  /^\.(?:travis|drone|woodpecker|cirrus|appveyor)\.ya?ml$/,
  /^(?:azure-pipelines|bitbucket-pipelines|lefthook)\.ya?ml$/,
  /^(?:vite|vitest|webpack|rollup|jest|babel|eslint|prettier|postcss|tailwind|next|nuxt|svelte|astro|playwright|metro)\.config\.[cm]?[jt]s$/,
  /^\.(?:eslintrc|babelrc|prettierrc|lintstagedrc|huskyrc)(?:\.[cm]?js|\.json|\.ya?ml)?$/,
  /\.(?:mk|bashrc|desktop|service|timer|code-workspace|pth|sublime-project|vimrc|nvim\.lua)$/,
  /^\.(?:vimrc|exrc|nvimrc|nvim\.lua|cursorrules|windsurfrules|clinerules)$/,
];

/**
 * Tells whether a change would run, or be obeyed, later without anybody being asked: hooks, package scripts, CI, editor
 * tasks, start-up files, instruction files for agents, executables. Such changes stand on top of a question.
 *
 * @example
 * ```ts
 * runsLater({ relative: ".husky/pre-commit", kind: "create", entry: "file", mode: 0o644 }); // true
 * ```
 * @param change The change; a deletion runs nothing, except where it takes a guard away.
 * @returns `true` for anything that is known to run; a list cannot be complete, so `false` is no promise.
 */
export function runsLater(change: Pick<StagedChange, "relative" | "kind" | "entry" | "mode">): boolean {
  // Volumes that fold case see `MakeFile` as the same name.
  const parts = change.relative.toLowerCase().split("/");
  const name = parts.at(-1) ?? "";
  if (change.entry === "bundle") return false;
  // Git's own samples are off until they are renamed.
  if (parts.includes("hooks") && name.endsWith(".sample")) return false;
  if (change.kind === "delete") return parts.includes(".git") || parts.includes(".husky");
  if (change.entry === "directory") return false;
  if (parts.slice(0, -1).some((part) => FOLDERS.has(part)) || name === ".git") return true;
  if (NAMES.has(name) || PATTERNS.some((pattern) => pattern.test(name))) return true;
  // A link may stand in for any of them.
  return change.entry === "symlink" || ((change.mode ?? 0) & 0o111) !== 0;
}
