import { ACP_CODE, acpError } from "./acp-error.ts";

/** Entries of one page. */
const PAGE = 50;

/**
 * Reads the cursor of a list.
 *
 * @param cursor As the client gave it, or `null` for the beginning.
 * @returns How many entries come before the page.
 * @throws {RequestError} -32602 `CURSOR_INVALID` for one that is not ours.
 */
export function readCursor(cursor: string | null): number {
  if (cursor === null) return 0;
  const [, count] = /^p([1-9][0-9]{0,6})$/.exec(Buffer.from(cursor, "base64url").toString("latin1")) ?? [];
  if (count === undefined || Number(count) % PAGE !== 0) {
    throw acpError(ACP_CODE.params, "Cannot list: the cursor is not one of ours", {
      code: "CURSOR_INVALID",
      hint: "begin anew without a cursor",
    });
  }
  return Number(count);
}

/**
 * Cuts one page out of a list.
 *
 * @param from How many entries come before it.
 * @param all The whole list.
 * @returns The page, and the cursor of the one behind it or `null`.
 */
export function pageFrom<T>(
  from: number,
  all: readonly T[],
): { readonly items: readonly T[]; readonly next: string | null } {
  const end = from + PAGE;
  return { items: all.slice(from, end), next: end < all.length ? writeCursor(end) : null };
}

function writeCursor(skip: number): string {
  return Buffer.from(`p${skip}`, "latin1").toString("base64url");
}
