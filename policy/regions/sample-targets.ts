import type { Capability, Target } from "../../core/mod.ts";
import { formatAddress, parseCidr } from "../actions/addresses.ts";
import { showWords } from "../actions/words.ts";
import { TARGET_KIND } from "../facts.ts";
import type { Matchers, WordPattern } from "../matchers.ts";
import { type GlobKind, type Globs, USUAL_ROOTS } from "./globs.ts";
import { sampleTexts } from "./sample-values.ts";

/** What targets are made from; see `SampleSource`. */
export interface TargetSource {
  readonly capability: Capability;
  readonly focus: Matchers;
  readonly others: readonly Matchers[];
  readonly globs: Globs;
}

type TextMatcher =
  | "paths"
  | "hosts"
  | "cwd"
  | "commands"
  | "secrets"
  | "inject"
  | "providers"
  | "models"
  | "imports"
  | "packages";

const KINDS: Readonly<Record<TextMatcher, GlobKind>> = {
  paths: "path",
  hosts: "host",
  cwd: "path",
  commands: "path",
  secrets: "text",
  inject: "text",
  providers: "text",
  models: "text",
  imports: "text",
  packages: "text",
};

/**
 * Makes targets that lie differently to some matcher.
 *
 * @param source Capability, focus and matchers.
 * @returns Targets inside the focus.
 */
export function sampleTargets(source: TargetSource): readonly Target[] {
  const kind = TARGET_KIND[source.capability];
  switch (kind) {
    case "path":
      return pathTargets(source);
    case "command":
      return commandTargets(source);
    case "network":
      return networkTargets(source);
    case "model":
      return modelTargets(source);
    case "secret":
      return secretTargets(source);
    case "package":
      return texts("packages", source).map((id) => ({ kind: "package", id, version: null, digest: null }));
    case "import":
      return texts("imports", source).map((name) => ({ kind: "import", name }));
    case "skill":
      return [{ kind: "skill", name: "some-skill" }];
    default:
      return kind satisfies never;
  }
}

function texts(name: TextMatcher, { focus, others, globs }: TargetSource): readonly string[] {
  const list = [focus, ...others].flatMap((one) => one[name] ?? []);
  return sampleTexts({ kind: KINDS[name], focus: focus[name] ?? null, list }, globs);
}

function pathTargets(source: TargetSource): readonly Target[] {
  const { capability, focus, others } = source;
  const splits = capability === "file_write" && others.some((one) => one.staged === true);
  const staged = focus.staged === true ? [true] : splits ? [false, true] : [false];
  return texts("paths", source).flatMap((text) => {
    const path = text === "" ? "/" : text;
    return staged.map((one): Target => ({ kind: "path", real: path, lexical: path, file: "file", staged: one }));
  });
}

function commandTargets(source: TargetSource): readonly Target[] {
  const { focus, others, globs } = source;
  const options = [...new Set([focus, ...others].flatMap((one) => one.options ?? []))]
    .flatMap((glob) => globs.sample("text", [glob], []) ?? []);
  const patterns = [...focus.argv ?? [], ...others.flatMap((one) => one.argv ?? [])];
  const commands = [
    ...(focus.argv === undefined ? [null, ["some-program"]] : []),
    ...patterns.flatMap((pattern) => samplesOfPattern(pattern, options, globs)),
  ];
  const unique = new Map(commands.map((argv) => [JSON.stringify(argv), argv]));
  const usual = focus.cwd === undefined ? [USUAL_ROOTS.project ?? "/"] : [];
  return [...new Set([...usual, ...texts("cwd", source)])].flatMap((cwd) =>
    [...unique.values()].map((argv): Target => ({
      kind: "command",
      argv,
      text: argv === null ? "for i in 1 2; do some-program $i; done" : showWords(argv),
      cwd: cwd === "" ? "/" : cwd,
      redirects: [],
      secrets: false,
    }))
  );
}

/** Each alternative of each word once, one word too many, options that are and are not listed. */
function samplesOfPattern(
  { words }: WordPattern,
  options: readonly string[],
  globs: Globs,
): readonly (readonly string[])[] {
  const choices = words.map((choice) =>
    choice.flatMap((glob) => globs.sample("text", [glob], ["-*", ""]) ?? globs.sample("text", [glob], []) ?? [])
  );
  const first = choices.map((list) => list[0] ?? "x");
  const varied = choices.flatMap((list, at) => list.map((word) => first.with(at, word)));
  return [...varied, ...["more", "--unlisted", ...options].map((extra) => [...first, extra])];
}

function networkTargets(source: TargetSource): readonly Target[] {
  const { focus, others } = source;
  const methods = focus.methods ?? [...new Set(["GET", ...others.flatMap((one) => one.methods ?? []), "PATCH"])];
  const addresses = addressesOf([focus, ...others]);
  return texts("hosts", source).flatMap((host) =>
    portsOf(source).flatMap((port) =>
      methods.flatMap((method) =>
        addresses.map((one): Target => ({
          kind: "network",
          url: `https://${host}${port === 443 ? "" : `:${port}`}/`,
          scheme: "https",
          host,
          port,
          method,
          addresses: one,
        }))
      )
    )
  );
}

function modelTargets(source: TargetSource): readonly Target[] {
  const { remote } = source.focus;
  const places = [
    { host: null, port: null, remote: false },
    { host: "127.0.0.1", port: 11_434, remote: false },
    ...texts("hosts", source).flatMap((host) => portsOf(source).map((port) => ({ host, port, remote: true }))),
  ].filter((place) => remote === undefined || place.remote === remote);
  return places.flatMap((place) =>
    texts("providers", source).flatMap((provider) =>
      texts("models", source).map((model): Target => ({ kind: "model", provider, model, ...place }))
    )
  );
}

function secretTargets(source: TargetSource): readonly Target[] {
  const { focus } = source;
  const handles = texts("secrets", source).map((text) =>
    text.startsWith("handle://") ? text : "handle://vault/some/key"
  );
  const slots = texts("inject", source);
  const toHosts = focus.commands === undefined
    ? texts("hosts", source).flatMap((host) => portsOf(source).map((port) => ({ host, port, program: null })))
    : [];
  const toPrograms = focus.hosts === undefined && focus.cidr === undefined
    ? texts("commands", source).map((program) => ({ host: null, port: null, program }))
    : [];
  return [...new Set(handles)].flatMap((handle) => [
    ...toHosts.flatMap((place) =>
      (focus.inject === undefined ? ["bearer", ...slots] : slots).map((inject): Target => ({
        kind: "secret",
        handle,
        inject,
        ...place,
      }))
    ),
    ...toPrograms.flatMap((place) =>
      (focus.inject === undefined ? ["env:TOKEN", ...slots] : slots).map((inject): Target => ({
        kind: "secret",
        handle,
        inject,
        ...place,
      }))
    ),
  ]);
}

function portsOf({ focus, others }: TargetSource): readonly number[] {
  if (focus.ports !== undefined) return focus.ports;
  const ports = others.flatMap((one) => one.ports ?? []);
  return [...new Set([443, ...ports, ...(ports.length === 0 ? [] : [8443])])];
}

/** An address that everybody can reach; no rule is about it in particular. */
const PUBLIC_ADDRESS = "93.184.216.34";

function addressesOf(matchers: readonly Matchers[]): readonly (readonly string[] | null)[] {
  const blocks = matchers.flatMap((one) => one.cidr ?? []).flatMap((text) => parseCidr(text) ?? []);
  if (blocks.length === 0) return [null];
  return [null, [PUBLIC_ADDRESS], ...blocks.map(({ bytes }) => [formatAddress(bytes)])];
}
