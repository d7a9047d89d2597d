/** The process environment after what must not be inherited was taken out. */
export interface Environment {
  readonly variables: Readonly<Record<string, string | undefined>>;
  /** The environment itself, from which declared secrets are still to be taken. */
  readonly process: Record<string, string | undefined>;
  /** Gives the passphrase that stood in `AGENTZERO_PASSPHRASE`, once. */
  takePassphrase(): string | null;
}

/**
 * Takes out of the environment what no child and no library may see: inherited telemetry settings (a runtime's own
 * exporter would send console text away) and the passphrase.
 *
 * @param env `process.env`; changed in place.
 * @returns The rest, as a frozen copy.
 */
export function cleanEnvironment(env: Record<string, string | undefined>): Environment {
  let passphrase = env["AGENTZERO_PASSPHRASE"] ?? null;
  for (const name of Object.keys(env)) {
    if (/^OTEL_/i.test(name) || name === "AGENTZERO_PASSPHRASE") delete env[name];
  }
  return {
    variables: Object.freeze({ ...env }),
    process: env,
    takePassphrase(): string | null {
      const taken = passphrase;
      passphrase = null;
      return taken;
    },
  };
}
