import type { Capability, PackageTarget } from "../../core/mod.ts";
import { isOption } from "./words.ts";

/** A package that a command would install or run. */
export interface PackageUse {
  readonly capability: Extract<Capability, "package_install" | "package_execution">;
  readonly target: PackageTarget;
}

/** What a package manager's subcommands do. */
interface Manager {
  /** Prefix of the package ids. */
  readonly registry: string;
  readonly install: RegExp;
  readonly run: RegExp;
  /** Without a subcommand it installs what the project lists. */
  readonly bare?: boolean;
}

const NEVER = /^$/;
const NPM_INSTALL =
  /^(?:i|in|ins|inst|insta|instal|install|isnt|isnta|isntal|isntall|add|ci|clean-?i.*|ic|install-.*|isntall-.*|it|cit|sit|up|upd|upda|updat|update|upgr|upgra|upgrad|upgrade|udpate|ln|lin|link|dedupe|ddp|rebuild|rb)$/;

const MANAGERS: readonly { readonly names: RegExp; readonly manager: Manager }[] = [
  { names: /^npm$/, manager: { registry: "npm", install: NPM_INSTALL, run: /^(?:x|exe|exec|create|init|innit|ini)$/ } },
  {
    names: /^pnpm$/,
    manager: {
      registry: "npm",
      install:
        /^(?:i|install|add|up|update|upgrade|link|ln|import|fetch|rebuild|rb|it|install-test|ci|self-update|env|deploy)$/,
      run: /^(?:dlx|create)$/,
    },
  },
  {
    names: /^yarn(?:pkg)?$/,
    manager: {
      registry: "npm",
      install: /^(?:install|add|up|upgrade|upgrade-interactive|link|import|global|rebuild|set|plugin)$/,
      run: /^(?:dlx|create)$/,
      bare: true,
    },
  },
  {
    names: /^bun$/,
    manager: { registry: "npm", install: /^(?:i|install|ci|add|a|update|link|upgrade)$/, run: /^(?:x|create|c)$/ },
  },
  { names: /^(?:npx|bunx|pnpx|pnx)$/, manager: { registry: "npm", install: NEVER, run: /(?:)/ } },
  { names: /^deno$/, manager: { registry: "npm", install: /^(?:install|i|add|update|outdated)$/, run: /^(?:x|dx)$/ } },
  { names: /^pip[0-9.]*$/, manager: { registry: "pypi", install: /^(?:install|download|wheel)$/, run: NEVER } },
  {
    names: /^pipx$/,
    manager: {
      registry: "pypi",
      install: /^(?:install|install-all|inject|upgrade|upgrade-all|reinstall|reinstall-all|ensurepath)$/,
      run: /^run$/,
    },
  },
  {
    names: /^(?:poetry|pdm|pipenv|rye|hatch)$/,
    manager: { registry: "pypi", install: /^(?:install|add|update|sync|lock|self|upgrade)$/, run: NEVER },
  },
  { names: /^uvx$/, manager: { registry: "pypi", install: NEVER, run: /(?:)/ } },
  {
    names: /^cargo$/,
    manager: { registry: "cargo", install: /^(?:install|binstall|add|update|fetch|vendor)$/, run: NEVER },
  },
  { names: /^go$/, manager: { registry: "go", install: /^(?:install|get)$/, run: NEVER } },
  {
    names: /^gem$/,
    manager: {
      registry: "gem",
      install: /^(?:i|in|ins|inst|insta|instal|install|update|up|upd|upda|updat|fetch|exec)$/,
      run: NEVER,
    },
  },
  { names: /^bundler?$/, manager: { registry: "gem", install: /^(?:install|add|update|i)$/, run: NEVER, bare: true } },
];

/** Options of package managers, before the subcommand, that take a value. */
const VALUES =
  /^(?:-C|-w|-p|--(?:prefix|dir|cwd|workspace|filter|registry|userconfig|globalconfig|cache|loglevel|package|from|project|directory|python|index-url|extra-index-url|manifest-path|config|color|proxy|log))$/;

/**
 * Finds the packages that a command installs or runs. Nothing is looked up; a command that installs what the project
 * lists has the id `REGISTRY:.`.
 *
 * @param name The program's name without folder.
 * @param words The whole argv.
 * @returns One entry a package; none when the program is no package manager.
 */
export function packagesOf(name: string, words: readonly string[]): readonly PackageUse[] {
  const module = /^(?:python|pypy)[0-9.]*$/.test(name) ? words.indexOf("-m") : -1;
  if (module > 0) return packagesOf(words[module + 1] ?? "", words.slice(module + 1));
  if (name === "uv") return packagesOfUv(words);
  const manager = MANAGERS.find((entry) => entry.names.test(name))?.manager;
  return manager === undefined ? [] : uses(manager, words);
}

function uses(manager: Manager, words: readonly string[]): readonly PackageUse[] {
  const everything = manager.run.source === "(?:)";
  if (everything) return runs(manager, words.slice(1));
  const found: PackageUse[] = [];
  for (const at of subcommands(words)) {
    const word = words[at] ?? "";
    if (manager.install.test(word)) found.push(...installs(manager, words.slice(at + 1)));
    if (manager.run.test(word)) found.push(...runs(manager, words.slice(at + 1), word));
  }
  if (
    manager.bare === true && words.slice(1).every(isOption) &&
    !words.some((word) => /^-(?:v|h|-version|-help)$/.test(word))
  ) {
    found.push(use("package_install", `${manager.registry}:.`));
  }
  // `deno run npm:cowsay`, `go run example.com/tool@latest`
  if (found.length === 0 && words[1] === "run") {
    for (const word of words.slice(2)) {
      if (/^(?:npm|jsr):/.test(word)) found.push(use("package_execution", word.replace(/^(?:npm|jsr):\/?/, "npm:")));
      else if (manager.registry === "go" && /^[^-./][^@]*@/.test(word)) {
        found.push(use("package_execution", `go:${word}`));
      }
    }
  }
  return found;
}

/** `uv add`, `uv sync`, `uv pip install`, `uv tool install`, `uv tool run`, `uv run --with`. */
function packagesOfUv(words: readonly string[]): readonly PackageUse[] {
  const manager: Manager = { registry: "pypi", install: /^(?:add|sync|lock|install|upgrade)$/, run: NEVER };
  const at = subcommands(words)[0] ?? 1;
  const first = words[at];
  if (first === "pip" || first === "tool") {
    return words[at + 1] === "run" ? runs(manager, words.slice(at + 2)) : uses(manager, words.slice(at));
  }
  const withs = words.flatMap((word, index) => {
    if (word === "--with") return [words[index + 1] ?? "."];
    return word.startsWith("--with=") ? [word.slice(7)] : [];
  });
  return [...uses(manager, words), ...withs.map((id) => use("package_install", `pypi:${id}`))];
}

/** Where the subcommand may stand: an unknown option before it may or may not take the next word. */
function subcommands(words: readonly string[]): readonly number[] {
  for (let at = 1; at < words.length; at++) {
    const word = words[at] ?? "";
    if (VALUES.test(word)) at++;
    else if (!isOption(word)) {
      const doubtful = at > 1 && isOption(words[at - 1] ?? "") && !(words[at - 1] ?? "").includes("=");
      return doubtful && at + 1 < words.length ? [at, at + 1] : [at];
    }
  }
  return [];
}

function installs(manager: Manager, words: readonly string[]): readonly PackageUse[] {
  const names = words.filter((word) => !isOption(word));
  return (names.length === 0 ? ["."] : names).map((name) => use("package_install", `${manager.registry}:${name}`));
}

function runs(manager: Manager, words: readonly string[], verb = ""): readonly PackageUse[] {
  const listed = words.flatMap((word, at) => {
    if (/^(?:-p|--package|--from)$/.test(word)) return [words[at + 1] ?? "."];
    return /^--(?:package|from)=./.test(word) ? [word.slice(word.indexOf("=") + 1)] : [];
  });
  const operand = words.find((word, at) => !isOption(word) && !VALUES.test(words[at - 1] ?? ""));
  const creates = /^(?:create|init|innit|ini|c)$/.test(verb);
  if (operand === undefined && listed.length === 0) {
    // `npm init` without a name asks questions about a new package.json and runs nothing from elsewhere.
    return creates || words.length === 0
      ? []
      : isQuestion(words)
      ? []
      : [use("package_execution", `${manager.registry}:.`)];
  }
  const named = operand === undefined ? [] : [creates ? created(operand) : operand];
  return (listed.length > 0 ? listed : named).map((name) => use("package_execution", `${manager.registry}:${name}`));
}

/** `npm init foo` runs `create-foo`, `npm init @me/foo` runs `@me/create-foo`. */
function created(name: string): string {
  const cut = name.startsWith("@") ? name.indexOf("/") : -1;
  if (name.startsWith("@") && cut < 0) return `${name}/create`;
  return `${name.slice(0, cut + 1)}create-${name.slice(cut + 1)}`;
}

function isQuestion(words: readonly string[]): boolean {
  return words.every((word) => /^(?:-v|-h|--version|--help)$/.test(word));
}

/** Splits `name@1.2.3`; the `@` of a scope is not a version. */
function use(capability: PackageUse["capability"], id: string): PackageUse {
  const cut = id.lastIndexOf("@");
  const versioned = cut > id.indexOf(":") + 1 && !id.slice(cut).includes("/");
  return {
    capability,
    target: {
      kind: "package",
      id: versioned ? id.slice(0, cut) : id,
      version: versioned ? id.slice(cut + 1) || null : null,
      digest: null,
    },
  };
}
