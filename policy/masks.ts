import type { CompiledRule } from "./compiled-policy.ts";
import type { DecisionState } from "./decision-state.ts";
import { compilePathGlob, matchAnyPath, type PathGlob } from "./path-glob.ts";
import { foldPath } from "./path-syntax.ts";

/** A rule that denies reading some paths whatever else is true. */
interface PathDeny {
  readonly id: string;
  readonly paths: readonly PathGlob[];
  readonly except: readonly PathGlob[] | null;
}

/**
 * Makes the test that the sandbox hides files by: a path that a rule denies to read without any other matcher, so that
 * no command can show what `read` would refuse.
 *
 * @param state What decides now.
 * @returns A function from a real path to the id of the denying rule, or `null`.
 */
export function createMasks({ policy, places }: DecisionState): (realPath: string) => string | null {
  const rules = policy.tables.file_read.all.flatMap((rule) => pathDeny(rule, policy.roots) ?? []);
  return (realPath) => {
    const path = foldPath(realPath, policy.roots.fold);
    if (places.homes.some((home) => path === home || path.startsWith(`${home}/`))) return "floor.own-state";
    const rule = rules.find(({ paths, except }) =>
      matchAnyPath(paths, path) && !(except !== null && matchAnyPath(except, path))
    );
    return rule?.id ?? null;
  };
}

function pathDeny({ rule, effect }: CompiledRule, roots: DecisionState["policy"]["roots"]): PathDeny | null {
  const { paths, ...others } = rule.match;
  if (effect !== "deny" || paths === undefined || Object.keys(others).length > 0) return null;
  const { except } = rule;
  // An exception with further matchers holds only sometimes: the mask stays, the doubt counts against it.
  const excepted = except?.paths !== undefined && Object.keys(except).length === 1 ? except.paths : null;
  return {
    id: rule.id,
    paths: paths.map((path) => compilePathGlob(path, roots)),
    except: excepted === null ? null : excepted.map((path) => compilePathGlob(path, roots)),
  };
}
