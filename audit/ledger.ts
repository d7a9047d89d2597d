import { fstatSync, renameSync } from "node:fs";
import { dirname, join } from "node:path";
import { blake2b, errorCode, sign, toBase64 } from "../core/mod.ts";
import { chainText, ZERO_CHAIN } from "./chain.ts";
import { AuditError } from "./errors.ts";
import { type HeldLock, type LockDeps, takeLock } from "./file-lock.ts";
import { formatLedgerStart, type LedgerEntry } from "./ledger-line.ts";
import { inodeOf, readTail, rolledNames, unsafe } from "./ledger-tail.ts";
import type { AuditKeys } from "./log.ts";

/** At this size a ledger is moved to `HEADS.<n>` and a new one goes on with its chain value. */
const ROLL_BYTES = 16 * 1024 * 1024;

/** Where a ledger is and who signs it. */
export interface LedgerDeps extends LockDeps {
  readonly path: string;
  /** Real path of the project, set in the user ledger; `null` leaves the field out. */
  readonly dir: string | null;
  readonly identity: AuditKeys["auditSign"];
  /** Files that get a copy of each line. */
  readonly anchors: readonly string[];
  /** Called once when bytes do not fit: frees what was kept in reserve. */
  readonly onFull: () => void;
}

interface Tail {
  readonly n: number;
  readonly chain: string;
  readonly size: number;
  readonly inode: number;
}

/** The chained, signed list of heads: it knows what each session must look like, so that a cut or lost one is found. */
export class Ledger {
  readonly #deps: LedgerDeps;
  #fd: number | null = null;
  #tail: Tail | null = null;
  #degraded = false;

  constructor(deps: LedgerDeps) {
    this.#deps = deps;
  }

  /**
   * Appends lines under the ledger's lock.
   *
   * @param entries What they say.
   * @param sync `true`: force them to the disk.
   * @param unless Asked under the lock: `true` writes nothing, since somebody else did it meanwhile.
   * @throws {AuditError} `AUDIT_UNWRITABLE`, or `LEDGER_BROKEN` when the last line cannot be continued.
   */
  async append(entries: readonly LedgerEntry[], sync = false, unless?: () => boolean): Promise<void> {
    for (;;) {
      const lock = await takeLock(`${this.#deps.path}.lock`, this.#deps);
      try {
        if (unless?.() === true || this.#appendHeld(entries, { sync, lock })) return;
      } finally {
        lock.release();
      }
    }
  }

  /** `true` once a line fitted only after the reserve was freed: nothing more may begin. */
  get degraded(): boolean {
    return this.#degraded;
  }

  /** Closes the file; idempotent. */
  close(): void {
    if (this.#fd !== null) this.#deps.files.close(this.#fd);
    this.#fd = null;
    this.#tail = null;
  }

  /** Returns `false` when the lock was lost before anything was written. */
  #appendHeld(
    entries: readonly LedgerEntry[],
    options: { readonly sync: boolean; readonly lock: HeldLock },
  ): boolean {
    const { files } = this.#deps;
    try {
      let [fd, tail] = this.#current();
      if (tail.size >= ROLL_BYTES) [fd, tail] = this.#roll(tail);
      const { bytes, last } = this.#format(entries, tail);
      if (!options.lock.holds()) return false;
      this.#store(fd, bytes, tail);
      this.#tail = { ...last, size: tail.size + bytes.length, inode: tail.inode };
      if (options.sync) files.syncNow(fd);
      this.#copy(bytes, options.sync);
      return true;
    } catch (cause) {
      this.close();
      if (cause instanceof AuditError) throw cause;
      throw new AuditError("AUDIT_UNWRITABLE", `Cannot write "${this.#deps.path}": ${errorCode(cause)}`, {
        hint: "check permissions and free space of its folder",
        cause,
      });
    }
  }

  #format(
    entries: readonly LedgerEntry[],
    tail: Tail,
  ): { readonly bytes: Uint8Array; readonly last: { readonly n: number; readonly chain: string } } {
    const ts = Math.max(0, Math.floor(this.#deps.clock.now()));
    let [n, chain] = [tail.n, tail.chain];
    const lines = entries.map((entry) => {
      const global = entry.kind === "key" || entry.kind === "vault";
      const dir = global || this.#deps.dir === null ? undefined : this.#deps.dir;
      const start = formatLedgerStart({ ...entry, dir }, { n: ++n, prev: chain, ts });
      const line = `${start}${toBase64(sign(`azheads/1\n${start}`, this.#deps.identity.secretKey))}"}`;
      chain = chainText(blake2b(new TextEncoder().encode(line)));
      return `${line}\n`;
    });
    return { bytes: new TextEncoder().encode(lines.join("")), last: { n, chain } };
  }

  #store(fd: number, bytes: Uint8Array, tail: Tail): void {
    if (this.#tryStore(fd, bytes, tail)) return;
    this.#deps.onFull();
    this.#degraded = true;
    if (this.#tryStore(fd, bytes, tail)) return;
    throw new AuditError("AUDIT_UNWRITABLE", `Cannot write "${this.#deps.path}": the disk takes no more bytes`, {
      hint: "free disk space, then start a new session",
    });
  }

  /** Stores all or nothing: what is in the file of a line that did not fit is cut off. It is ours: we hold the lock. */
  #tryStore(fd: number, bytes: Uint8Array, tail: Tail): boolean {
    let stored = 0;
    try {
      stored = this.#deps.files.write(fd, bytes);
    } catch {
      // Counts as nothing stored.
    }
    if (stored === bytes.length) return true;
    this.#deps.files.truncate(fd, tail.size);
    return false;
  }

  /** The open file and its last line, read again whenever another process wrote since. */
  #current(): readonly [number, Tail] {
    const { path, files } = this.#deps;
    const inode = inodeOf(path);
    if (this.#fd !== null && this.#tail !== null && inode === this.#tail.inode) {
      if (fstatSync(this.#fd).size === this.#tail.size) return [this.#fd, this.#tail];
    }
    this.close();
    const fd = files.openAppend(path);
    this.#fd = fd;
    const stat = fstatSync(fd);
    if (!stat.isFile()) throw unsafe(path);
    if (stat.size === 0) {
      const before = this.#lastRolled() ?? { n: 0, chain: chainText(ZERO_CHAIN) };
      this.#tail = { n: before.n, chain: before.chain, size: 0, inode: stat.ino };
      return [fd, this.#tail];
    }
    const found = readTail(fd, stat.size, path);
    if (found === null) {
      // Not one whole line: what a process that died left of its first one. There is nothing to keep or continue.
      files.truncate(fd, 0);
      return this.#current();
    }
    this.#tail = { n: found.n, chain: found.chain, size: stat.size, inode: stat.ino };
    // A torn line stays where it is: what follows goes into a new file.
    return found.torn ? this.#roll(this.#tail) : [fd, this.#tail];
  }

  #roll(tail: Tail): readonly [number, Tail] {
    const { path, files } = this.#deps;
    let target = `${path}.${tail.n}`;
    for (let i = 0; inodeOf(target) !== null; i++) target = `${path}.${tail.n}${"0".repeat(i + 1)}`;
    renameSync(path, target);
    this.close();
    const fd = files.openAppend(path);
    this.#fd = fd;
    this.#tail = { n: tail.n, chain: tail.chain, size: 0, inode: fstatSync(fd).ino };
    return [fd, this.#tail];
  }

  /** The last sound line of the newest file that was moved away. */
  #lastRolled(): { readonly n: number; readonly chain: string } | null {
    const { path, files } = this.#deps;
    const newest = rolledNames(path).at(-1);
    if (newest === undefined) return null;
    const fd = files.openAppend(join(dirname(path), newest));
    try {
      return readTail(fd, fstatSync(fd).size, newest);
    } finally {
      files.close(fd);
    }
  }

  #copy(bytes: Uint8Array, sync: boolean): void {
    const { files } = this.#deps;
    for (const anchor of this.#deps.anchors) {
      let fd: number | null = null;
      try {
        fd = files.openAppend(anchor);
        const stored = files.write(fd, bytes);
        if (stored !== bytes.length) throw new Error("short write");
        if (sync) files.syncNow(fd);
      } catch (cause) {
        // Threat: an anchor that silently stopped. The person asked for it, so nothing goes on without it.
        throw new AuditError("AUDIT_UNWRITABLE", `Cannot write anchor "${anchor}": ${errorCode(cause)}`, {
          hint: "mount or mend it, or take it out of audit.anchors",
          cause,
        });
      } finally {
        if (fd !== null) files.close(fd);
      }
    }
  }
}
