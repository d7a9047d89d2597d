/**
 * Builtins of bash that change what later words mean or read code from their arguments. Some systems have programs of
 * the same names that only start a shell, so being found on PATH says nothing.
 * Threat: `printf -v 'a[$(id)]'` and `read 'a[$(id)]'` run code from an index; `hash -p` and `enable -f` change what a
 * name starts.
 */
const STATE: ReadonlySet<string> = new Set(
  (". : alias bg bind break builtin caller cd command compgen complete compopt continue coproc declare dirs disown " +
    "enable eval exec exit export fc fg getopts hash help history jobs let local logout mapfile popd pushd read " +
    "readarray readonly return set shift shopt source suspend times trap type typeset ulimit umask unalias unset wait " +
    "if then else elif fi for while until do done case esac select function time in [[ ]] { } ! ((").split(" "),
);

/** Programs that are builtins as well, with an option that evaluates an index: `test -v 'a[$(id)]'`. */
const INDEXING = /^(?:test|\[|printf)$/;

/**
 * Tells whether a command is a builtin or keyword whose effect depends on, or changes, the state of a shell.
 *
 * @param name The program's name without folder.
 * @param words The whole argv.
 * @returns `true` for builtins besides those that are ordinary programs too: `echo printf test [ pwd true false kill`.
 */
export function isStateBuiltin(name: string, words: readonly string[]): boolean {
  return STATE.has(name) || (INDEXING.test(name) && words.some((word) => /^-[vR]/.test(word)));
}
