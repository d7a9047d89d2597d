/** What Deno must permit without exception: with less it resolves each path itself, and files cannot be opened safely. */
const NEEDED = ["read", "write", "env", "sys", "run", "net", "ffi", "import"] as const;

/** The part of Deno's `permissions` that is asked. */
interface Permissions {
  querySync(asked: { readonly name: string }): { readonly state: string; readonly partial?: boolean };
}

/**
 * Lists the flags that this process was not started with. Loads nothing, and asks nobody.
 *
 * @param scope Where `Deno` would stand.
 * @returns Flags such as `--allow-read`; none on Node, and none under `deno run -A`.
 */
export function missingPermissions(scope: object = globalThis): readonly string[] {
  const permissions = permissionsOf(scope);
  return permissions === null
    ? []
    : NEEDED.filter((name) => !isPermitted(permissions, name)).map((name) => `--allow-${name}`);
}

function permissionsOf(scope: object): Permissions | null {
  const deno: unknown = "Deno" in scope ? scope.Deno : null;
  const found: unknown = typeof deno === "object" && deno !== null && "permissions" in deno ? deno.permissions : null;
  return isPermissions(found) ? found : null;
}

function isPermissions(value: unknown): value is Permissions {
  return typeof value === "object" && value !== null && "querySync" in value && typeof value.querySync === "function";
}

function isPermitted(permissions: Permissions, name: string): boolean {
  try {
    const { state, partial } = permissions.querySync({ name });
    return state === "granted" && partial !== true;
  } catch {
    // A Deno that does not know the name does not hold it back either.
    return true;
  }
}
