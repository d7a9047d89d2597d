// The builder resolves imports beside this file; its text is the one that `guest-entry.ts` writes for each world.
export {};
