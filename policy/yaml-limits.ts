/** Bounds of a policy file. */
export const YAML_LIMITS = { bytes: 1_048_576, depth: 12, string: 1_024, tokens: 500_000 } as const;
