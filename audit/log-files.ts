import { closeSync, constants, fdatasync, fdatasyncSync, fsync, ftruncateSync, openSync, writeSync } from "node:fs";
import { promisify } from "node:util";

/**
 * The few file operations that the record is made of.
 *
 * Contract: `write` may store fewer bytes than given and say so, or throw although some were stored; the caller treats
 * both as failure and cuts the file back. Nothing here retries.
 */
export interface LogFiles {
  /** Creates a file that must not exist, for appending only; mode 0600. */
  create(path: string): number;
  /** Opens a file for appending and reading; makes it when missing; mode 0600. Refuses links. */
  openAppend(path: string): number;
  /** Appends bytes and returns how many were stored. */
  write(fd: number, bytes: Uint8Array): number;
  /** Cuts a file to its first `length` bytes. */
  truncate(fd: number, length: number): void;
  /** Forces the bytes to the disk. */
  sync(fd: number): Promise<void>;
  /** Forces the bytes to the disk, without giving way to anything else. */
  syncNow(fd: number): void;
  /** Forces the name of a new file to the disk; does nothing where folders cannot be synced. */
  syncFolder(dir: string): Promise<void>;
  /** Gives the descriptor back. */
  close(fd: number): void;
}

const MODE = 0o600;
const { O_APPEND, O_CREAT, O_EXCL, O_RDWR, O_WRONLY } = constants;
// Absent on Windows, where links need rights that ordinary users do not have.
const O_NOFOLLOW = constants.O_NOFOLLOW ?? 0;

/** The real file system. */
export const NODE_FILES: LogFiles = {
  create(path) {
    return openSync(path, O_CREAT | O_EXCL | O_APPEND | O_WRONLY | O_NOFOLLOW, MODE);
  },
  openAppend(path) {
    return openSync(path, O_CREAT | O_APPEND | O_RDWR | O_NOFOLLOW, MODE);
  },
  write(fd, bytes) {
    return writeSync(fd, bytes, 0, bytes.length);
  },
  truncate(fd, length) {
    ftruncateSync(fd, length);
  },
  async sync(fd) {
    await promisify(fdatasync)(fd);
  },
  syncNow(fd) {
    fdatasyncSync(fd);
  },
  async syncFolder(dir) {
    let fd: number | null = null;
    try {
      fd = openSync(dir, constants.O_RDONLY);
      await promisify(fsync)(fd);
    } catch {
      // Windows opens no folders, some file systems sync none: there a new name is as durable as it gets.
    } finally {
      if (fd !== null) closeSync(fd);
    }
  },
  close(fd) {
    closeSync(fd);
  },
};
