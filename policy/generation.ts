import { type Digest, digestOf } from "../core/mod.ts";
import { type BundleLayer, canStandIn, ENGINE_VERSION, type PolicyBundle, readBundle, writeBundle } from "./bundle.ts";
import { compilePolicy } from "./compile.ts";
import type { CompiledPolicy, PolicyLayer } from "./compiled-policy.ts";
import type { PolicyDocument, PolicyProblem } from "./document.ts";
import type { Generation, LayerStatus, PolicyOptions } from "./engine-types.ts";
import { PolicyError } from "./errors.ts";
import type { PathRoots } from "./path-syntax.ts";
import { describeProblem } from "./problems.ts";
import { type PolicySource, policySources, readSource, type SourceState } from "./sources.ts";
import { type Stamp, stampOf } from "./state-file.ts";
import { readTrust, trustFile } from "./trust.ts";

/** A generation with all that decides in it. */
export interface LoadedGeneration {
  readonly generation: Generation;
  /** The documents that count, outermost first. */
  readonly layers: readonly PolicyLayer[];
  readonly policy: CompiledPolicy;
  /** Why everything is denied, or `null`. */
  readonly broken: string | null;
  /** What is wrong, in one line, or `null`. */
  readonly problem: string | null;
  /** Stamps of every file that it came from. */
  readonly stamps: ReadonlyMap<string, Stamp>;
}

/** What a load needs. */
export interface LoadContext {
  readonly options: PolicyOptions;
  readonly roots: PathRoots;
  readonly homes: readonly string[];
}

/** One layer on its way into a generation. */
interface LayerDraft {
  readonly source: PolicySource;
  readonly sha256: string | null;
  readonly document: PolicyDocument | null;
  readonly grants: boolean;
  readonly problems: readonly PolicyProblem[];
  readonly from: "none" | "bundle" | "yaml" | "old";
}

/**
 * Loads all layers: from the compiled bundle where it fits the files, else from YAML. A file that is broken is stood in
 * for by its last good state, if that is young enough: then everything but reading asks. Never rejects.
 *
 * @param context Options and roots.
 * @param number The number of the generation.
 * @returns The generation; `deny_all` when a broken file has nothing to stand in for it.
 */
export async function loadGeneration(context: LoadContext, number: number): Promise<LoadedGeneration> {
  const { options } = context;
  const trusted = readTrust(options).entries.find((entry) => entry.project === options.project)?.sha256 ?? null;
  const stamps = new Map<string, Stamp>([[trustFile(options.home), stampOf(trustFile(options.home))]]);
  const bundles = createBundles(options);
  const drafts = await Promise.all(
    policySources(options).map((source) => {
      const state = readSource(source);
      stamps.set(source.path, state.stamp);
      return draftLayer(source, state, { context, bundles, trusted });
    }),
  );
  const problem = drafts.map(problemOf).find((text) => text !== null) ?? null;
  const lost = drafts.some((draft) => draft.problems.length > 0 && draft.document === null);
  const state = problem === null ? "active" : lost ? "deny_all" : "degraded";
  const layers = drafts.flatMap(layerOfDraft);
  const policy = compilePolicy(layers, context.roots);
  if (state === "active") storeBundle(drafts, context, bundles);
  return {
    generation: {
      number,
      digest: generationDigest(drafts, state),
      state,
      layers: drafts.map(statusOf),
      bundled: options.project === null ? null : drafts.every((draft) => draft.from !== "yaml"),
    },
    layers,
    policy,
    broken: lost ? problem : null,
    problem,
    stamps,
  };
}

interface Bundles {
  active(): PolicyBundle | null;
  lkg(): PolicyBundle | null;
}

/** Reads each bundle at most once, and only when it is asked for. */
function createBundles(options: PolicyOptions): Bundles {
  const read = new Map<string, PolicyBundle | null>();
  function once(which: "active" | "lkg"): PolicyBundle | null {
    const { project } = options;
    if (project === null) return null;
    const known = read.get(which);
    if (known !== undefined) return known;
    const bundle = readBundle({ project, keys: options.keys }, which);
    read.set(which, bundle);
    return bundle;
  }
  return { active: () => once("active"), lkg: () => once("lkg") };
}

interface DraftContext {
  readonly context: LoadContext;
  readonly bundles: Bundles;
  readonly trusted: string | null;
}

async function draftLayer(
  source: PolicySource,
  state: SourceState,
  { context, bundles, trusted }: DraftContext,
): Promise<LayerDraft> {
  const grants = source.layer !== "project";
  if (state.kind === "missing") return { source, sha256: null, document: null, grants, problems: [], from: "none" };
  if (state.kind === "unsafe") return standIn(source, [state.problem], { context, bundles, trusted });
  const { sha256 } = state;
  const counts = grants || sha256 === trusted;
  const kept = layerOf(bundles.active(), source, sha256);
  if (kept !== null) return { source, sha256, document: kept.document, grants: counts, problems: [], from: "bundle" };
  const { roots, homes } = context;
  // A session that starts from the compiled bundle never needs the parser.
  const { loadDocument } = await import("./load-document.ts");
  const loaded = loadDocument(state.bytes, { layer: source.layer, roots, homes });
  if (!loaded.ok) return standIn(source, loaded.problems, { context, bundles, trusted });
  return { source, sha256, document: loaded.document, grants: counts, problems: [], from: "yaml" };
}

/** The newest bundle whose MAC holds stands in for a broken file: the active one, else the one before. */
function standIn(
  source: PolicySource,
  problems: readonly PolicyProblem[],
  { context: { options }, bundles, trusted }: DraftContext,
): LayerDraft {
  const bundle = bundles.active() ?? bundles.lkg();
  // A file that was gone in the newest one is not revived by an older one.
  const old = bundle !== null && canStandIn(bundle, options.clock.now()) ? layerOf(bundle, source, null) : null;
  if (old === null) return { source, sha256: null, document: null, grants: false, problems, from: "none" };
  const grants = source.layer !== "project" || old.sha256 === trusted;
  return { source, sha256: old.sha256, document: old.document, grants, problems, from: "old" };
}

function layerOf(bundle: PolicyBundle | null, source: PolicySource, hash: string | null): BundleLayer | null {
  return bundle?.layers.find((layer) =>
    layer.layer === source.layer && layer.path === source.path && (hash === null || layer.sha256 === hash)
  ) ?? null;
}

function layerOfDraft({ source, sha256, document, grants }: LayerDraft): readonly PolicyLayer[] {
  if (document === null || sha256 === null) return [];
  return [{ layer: source.layer, document, sha256, path: source.path, grants }];
}

/** Keeps the documents for the next start. Only a cache: where it cannot be written, YAML is read again. */
function storeBundle(drafts: readonly LayerDraft[], { options }: LoadContext, bundles: Bundles): void {
  const { project, keys, clock } = options;
  if (project === null || options.readOnlyState === true) return;
  const layers = drafts.flatMap(({ source, sha256, document }): readonly BundleLayer[] =>
    document === null || sha256 === null ? [] : [{ layer: source.layer, path: source.path, sha256, document }]
  );
  const old = bundles.active();
  const same = old !== null && old.layers.length === layers.length &&
    layers.every((layer) => old.layers.some((one) => one.layer === layer.layer && one.sha256 === layer.sha256));
  if (same || (old === null && layers.length === 0)) return;
  try {
    writeBundle({ project, keys, clock }, layers);
  } catch (error) {
    if (!(error instanceof PolicyError)) throw error;
  }
}

function generationDigest(drafts: readonly LayerDraft[], state: Generation["state"]): Digest {
  return digestOf({
    engine: ENGINE_VERSION,
    state,
    layers: drafts.map(({ source, sha256, grants }) => ({ layer: source.layer, sha256, grants })),
  });
}

function statusOf({ source, sha256, document, grants, problems }: LayerDraft): LayerStatus {
  return {
    layer: source.layer,
    path: source.path,
    sha256,
    grants: document !== null && grants,
    rules: document?.rules.length ?? 0,
    problems,
  };
}

function problemOf({ source, problems: [first] }: LayerDraft): string | null {
  return first === undefined ? null : `the policy "${source.path}" is broken: ${describeProblem(first)}`;
}
