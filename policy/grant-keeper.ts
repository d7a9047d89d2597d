import type { GrantInfo, GrantRequest, PackageGrantRequest, PolicyOptions } from "./engine-types.ts";
import { PolicyError } from "./errors.ts";
import { GrantBook } from "./grant-book.ts";
import { editGrants, type GrantFile, packageGrantFile, projectGrantFile, readGrants } from "./grant-files.ts";
import { type GrantRecord, isInForce, makeGrant, makePackageGrant } from "./grants.ts";
import { type Stamp, stampOf } from "./state-file.ts";
import { steadyTime } from "./steady-time.ts";

/** What answers are kept for when there is no project: they end with the session. */
const NO_PROJECT = "";

/** Keeps the answers of one session and of its project. */
export class GrantKeeper {
  readonly #options: PolicyOptions;
  readonly #files: readonly GrantFile[];
  readonly #now: () => number;
  readonly #stamps = new Map<string, Stamp>();
  #session: readonly GrantRecord[] = [];
  #stored: readonly GrantRecord[] = [];
  #tampered: readonly string[] = [];
  #book: GrantBook;

  constructor(options: PolicyOptions) {
    const { home, project, clock } = options;
    this.#options = options;
    this.#now = steadyTime(clock);
    this.#files = project === null ? [] : [projectGrantFile(home, project), packageGrantFile(home)];
    this.#book = new GrantBook([], this.#now);
    this.refresh();
  }

  /** What decisions look at. */
  get view(): GrantBook {
    return this.#book;
  }

  /** Files whose MAC does not hold: nothing in them counts. */
  get tampered(): readonly string[] {
    return this.#tampered;
  }

  /** Reads the files again if another process changed them; `true` if so. */
  refresh(): boolean {
    const moved = this.#files.filter((file) => this.#stamps.get(file.path) !== stampOf(file.path));
    if (moved.length === 0) return false;
    for (const file of moved) this.#stamps.set(file.path, stampOf(file.path));
    const lists = this.#files.map((file) => ({ file, ...readGrants(file, this.#options.keys) }));
    this.#tampered = lists.filter((list) => list.tampered).map((list) => list.file.path);
    this.#stored = lists.flatMap((list) => list.grants).filter((grant) => grant.project === this.#options.project);
    this.#rebuild();
    return true;
  }

  /**
   * Keeps an answer.
   *
   * @param request The answer; `once` is kept nowhere: the permit of that one run is all it gives.
   * @throws {PolicyError} `GRANT_SCOPE`, `STATE_WRITE`.
   */
  remember(request: GrantRequest): void {
    const { project } = this.#options;
    const grant = makeGrant(request, { project: project ?? NO_PROJECT, now: this.#now() });
    if (grant.scope !== "once") this.#keep(grant);
  }

  /**
   * Keeps the approval of a package as a whole.
   *
   * @param request The package.
   * @param ttlMs How long a lasting approval may live.
   * @throws {PolicyError} `GRANT_SCOPE`, `STATE_WRITE`.
   */
  grantPackage(request: PackageGrantRequest, ttlMs: number): void {
    const { project } = this.#options;
    this.#keep(makePackageGrant(request, { project: project ?? NO_PROJECT, now: this.#now(), ttlMs }));
  }

  /** Drops every approval of a package here; gives their number. */
  revokePackage(id: string): number {
    const ids = [...this.#session, ...this.#stored].filter((one) => one.permissions !== null && one.skill?.id === id);
    for (const grant of ids) this.forget(grant.id);
    return ids.length;
  }

  #keep(grant: GrantRecord): void {
    const file = grant.scope === "session" ? null : this.#fileFor(grant);
    if (file === null) {
      this.#session = [...this.#session.filter((one) => one.id !== grant.id), grant];
      this.#rebuild();
      return;
    }
    editGrants(file, this.#options, (grants) => [...grants.filter((one) => !sameGrant(one, grant)), grant]);
    this.refresh();
  }

  /** Where a lasting answer is stored; `null` without a project, where a *never* lasts for the session. */
  #fileFor(grant: GrantRecord): GrantFile | null {
    const [own, packages] = this.#files;
    if (own !== undefined && packages !== undefined) return grant.scope === "package" ? packages : own;
    if (grant.scope === "never") return null;
    throw new PolicyError("GRANT_SCOPE", "Cannot remember the answer: there is no project to remember it for", {
      hint: "run `agentzero init` in the project first",
    });
  }

  /** Drops an answer; `false` when there is none with this id. */
  forget(id: string): boolean {
    const here = this.#session.some((grant) => grant.id === id);
    this.#session = this.#session.filter((grant) => grant.id !== id);
    const project = this.#options.project;
    const stored = this.#stored.some((grant) => grant.id === id);
    if (stored) {
      for (const file of this.#files) {
        editGrants(file, this.#options, (grants) => grants.filter((one) => one.id !== id || one.project !== project));
      }
      this.refresh();
    } else this.#rebuild();
    return here || stored;
  }

  /** The answers in force, newest first. */
  list(): readonly GrantInfo[] {
    const now = this.#now();
    return [...this.#session, ...this.#stored]
      .filter((grant) => isInForce(grant, now))
      .toSorted((a, b) => b.at - a.at)
      .map(({ project: _project, permissions: _permissions, ...info }) => info);
  }

  /** Forgets what was answered for the session. */
  dropSession(): void {
    this.#session = [];
    this.#rebuild();
  }

  #rebuild(): void {
    this.#book = new GrantBook([...this.#session, ...this.#stored], this.#now);
  }
}

function sameGrant(a: GrantRecord, b: GrantRecord): boolean {
  return a.id === b.id && a.project === b.project;
}
