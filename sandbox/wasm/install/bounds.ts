const MIB = 1024 * 1024;

/** What a component may have at most. */
export const COMPONENT_BOUNDS: {
  readonly bytes: number;
  readonly watBytes: number;
  readonly glueBytes: number;
  readonly coreModules: number;
  readonly instances: number;
  readonly functions: number;
  readonly memories: number;
  readonly memoryPages: number;
  readonly otherPages: number;
  readonly tables: number;
  readonly tableElements: number;
  readonly otherElements: number;
  readonly deadlineMs: number;
} = {
  bytes: 16 * MIB,
  watBytes: 64 * 1024,
  glueBytes: 16 * MIB,
  coreModules: 32,
  instances: 64,
  functions: 100_000,
  memories: 4,
  memoryPages: 4096,
  /** Pages of each memory but the largest. */
  otherPages: 16,
  tables: 64,
  tableElements: 65_536,
  /** Elements of each table but the largest, unless it begins with more. */
  otherElements: 1024,
  deadlineMs: 30_000,
};
