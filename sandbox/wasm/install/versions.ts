/** Version of the transpiler. With another one, components are transpiled anew. */
export const TRANSPILER_VERSION = "0.12.1";
/** Version of what the instrumenter writes and of the checks before it. */
export const INSTRUMENTER_VERSION = "2";
