import { type FileText, matchFinding, type RepoFinding, type Severity } from "./finding.ts";

interface LineRule {
  readonly rule: string;
  readonly severity: Severity;
  readonly pattern: RegExp;
}

// Code that is fetched and run in one go. Linear: bounded repetition only.
const RUNS: readonly LineRule[] = [
  {
    rule: "script/download-and-run",
    severity: "high",
    pattern: /\b(?:curl|wget)\b[^\n|;&]{0,400}\|\s*(?:sudo\s+)?(?:ba|z|da|k)?sh\b/gu,
  },
  {
    rule: "script/download-and-run",
    severity: "high",
    pattern: /\b(?:ba|z)?sh\s+(?:-c\s+)?["']?(?:<\(|\$\()\s*(?:curl|wget)\b|\beval\s+["']?\$\(\s*(?:curl|wget)\b/gu,
  },
  {
    rule: "script/download-and-run",
    severity: "high",
    pattern: /\b(?:curl|wget)\b[^\n|;&]{0,400}\|\s*(?:sudo\s+)?(?:python3?|node|perl|ruby|php|deno)\b/gu,
  },
  {
    rule: "script/download-and-run",
    severity: "high",
    pattern:
      /\b(?:iex|Invoke-Expression)\b[^\n]{0,200}\b(?:irm|iwr|Invoke-WebRequest|Invoke-RestMethod|DownloadString)\b/giu,
  },
  {
    rule: "script/decode-and-run",
    severity: "high",
    pattern:
      /\b(?:base64\s+(?:-d|--decode|-D)|openssl\s+enc\s+-d)\b[^\n;&]{0,200}\|\s*(?:ba|z)?sh\b|\b(?:eval|exec)\s*\(\s*(?:atob|Buffer\.from|base64\.b64decode|__import__)\s*\(/gu,
  },
];

const LIFECYCLE = ["preinstall", "install", "postinstall", "prepare", "prepublish", "preprepare", "postprepare"];

/** Files whose mere content makes an editor, a shell, a version control program or an agent run something. */
const TRIGGERS: readonly {
  readonly rule: string;
  readonly severity: Severity;
  readonly path: RegExp;
  readonly when: RegExp | null;
}[] = [
  {
    rule: "script/git-hook",
    severity: "medium",
    path: /^(?:\.husky\/[^_.][^/]*|\.githooks\/[^/]+|lefthook\.ya?ml)$/u,
    when: null,
  },
  { rule: "script/git-hook", severity: "high", path: /^\.git\/hooks\/[^/.]+$/u, when: null },
  {
    rule: "script/git-config",
    severity: "high",
    path: /^\.git\/config$|^\.gitconfig$/u,
    when:
      /^\s*(?:fsmonitor|hooksPath|sshCommand|pager|editor|textconv|clean|smudge|process|askPass)\s*=|^\s*\w+\s*=\s*!/imu,
  },
  {
    rule: "script/agent-server",
    severity: "medium",
    path: /(?:^|\/)(?:\.mcp\.json|mcp\.json|\.cursor\/mcp\.json|\.vscode\/mcp\.json)$/u,
    when: /"(?:command|url)"\s*:/u,
  },
  {
    rule: "script/agent-hook",
    severity: "high",
    path: /(?:^|\/)\.(?:claude|codex|gemini|cursor|windsurf)\/[^/]+\.(?:json|toml)$/u,
    when: /\bhooks?\b|"command"\s*:|permissions?/iu,
  },
  { rule: "script/editor-task", severity: "high", path: /(?:^|\/)\.vscode\/tasks\.json$/u, when: /folderOpen/u },
  {
    rule: "script/editor-setting",
    severity: "medium",
    path: /(?:^|\/)\.vscode\/settings\.json$/u,
    when:
      /"(?:git\.path|python\.(?:defaultI|i)nterpreterPath|terminal\.integrated\.(?:profiles|shell|env)[^"]*|task\.allowAutomaticTasks)"/u,
  },
  {
    rule: "script/container-command",
    severity: "medium",
    path: /(?:^|\/)\.?devcontainer(?:\/[^/]+)*\.json$/u,
    when: /"(?:postCreate|postStart|postAttach|onCreate|updateContent|initialize)Command"/u,
  },
  { rule: "script/shell-entry", severity: "medium", path: /(?:^|\/)\.envrc$/u, when: null },
  {
    rule: "script/workflow-target",
    severity: "high",
    path: /^\.github\/workflows\/[^/]+\.ya?ml$/u,
    when: /pull_request_target[\s\S]{0,4000}github\.event\.pull_request\.head/u,
  },
  {
    rule: "script/workflow-injection",
    severity: "high",
    path: /^\.github\/workflows\/[^/]+\.ya?ml$/u,
    when:
      /run:[^\n]*\$\{\{\s*github\.(?:event\.(?:issue|pull_request|comment|review|head_commit)\.(?:title|body|message|head\.ref)|head_ref)|run:\s*\|[\s\S]{0,600}?\$\{\{\s*github\.(?:event\.(?:issue|pull_request|comment|review|head_commit)\.(?:title|body|message|head\.ref)|head_ref)/u,
  },
];

const MAX_PER_RULE = 20;

/**
 * Finds what runs without being asked for: lifecycle scripts, hooks, code that is fetched and run, configuration of
 * editors, agents and tool servers.
 *
 * @param file The text.
 * @returns Findings by place.
 */
export function scriptFindings(file: FileText): readonly RepoFinding[] {
  return [...lifecycle(file), ...triggers(file), ...RUNS.flatMap((rule) => runs(file, rule))];
}

/** Tells whether a file, found by name alone, runs by itself: its content need not be known. */
export function isTrigger(path: string): boolean {
  return TRIGGERS.some((trigger) => trigger.path.test(path));
}

function lifecycle(file: FileText): readonly RepoFinding[] {
  if (!/(?:^|\/)package\.json$/u.test(file.path)) return [];
  const scripts = scriptsOf(file.text);
  return LIFECYCLE.filter((name) => scripts.includes(name)).map((name) => ({
    rule: `script/lifecycle-${name}`,
    severity: name === "prepare" || name === "prepublish" ? "low" : "medium",
    path: file.path,
    line: file.lineAt(Math.max(0, file.text.indexOf(`"${name}"`))),
    class: null,
    length: null,
    tag: null,
  }));
}

function scriptsOf(text: string): readonly string[] {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null || !("scripts" in value)) return [];
    const { scripts } = value;
    return typeof scripts === "object" && scripts !== null ? Object.keys(scripts) : [];
  } catch {
    return [];
  }
}

function triggers(file: FileText): readonly RepoFinding[] {
  return TRIGGERS.flatMap(({ rule, severity, path, when }) => {
    if (!path.test(file.path)) return [];
    const at = when === null ? null : when.exec(file.text);
    if (when !== null && at === null) return [];
    const line = at === null ? null : file.lineAt(at.index);
    return [{ rule, severity, path: file.path, line, class: null, length: null, tag: null }];
  });
}

function runs(file: FileText, { rule, severity: usual, pattern }: LineRule): readonly RepoFinding[] {
  // What a page tells people to type is not what a program does.
  const severity = /\.(?:md|mdx|rst|txt|adoc)$/iu.test(file.path) ? "low" : usual;
  const found: RepoFinding[] = [];
  for (const match of file.text.matchAll(pattern)) {
    found.push(matchFinding(file, match, { rule, severity }));
    if (found.length >= MAX_PER_RULE) break;
  }
  return found;
}
