/** How one thing stands. */
export interface Check {
  readonly name: string;
  readonly status: "ok" | "warn" | "fail";
  readonly detail: string;
  /** The one command or act that mends it, or `null`. */
  readonly fix: string | null;
}

/** Makes a check that passed. */
export function ok(name: string, detail: string): Check {
  return { name, status: "ok", detail, fix: null };
}

/** Makes a check of something that works less well than it could. */
export function warn(name: string, detail: string, fix: string | null): Check {
  return { name, status: "warn", detail, fix };
}

/** Makes a check of something that does not work. */
export function fail(name: string, detail: string, fix: string | null): Check {
  return { name, status: "fail", detail, fix };
}
