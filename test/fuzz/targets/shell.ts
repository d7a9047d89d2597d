import { parseCommand } from "../../../policy/actions/shell.ts";
import { showWords } from "../../../policy/actions/words.ts";
import { bytesOf, type FuzzTarget, refusal, textOf, violated } from "../target.ts";

const PLACE = {
  cwd: "/home/me/shop",
  project: "/home/me/shop",
  lookup: (word: string): string | null => /^[a-z][a-z0-9-]*$/.test(word) ? `/usr/bin/${word}` : null,
  secrets: false,
  tainted: true,
  resolve: (input: string, base: string) => {
    const real = input.startsWith("/") ? input : `${base}/${input}`;
    return { kind: "path", real, lexical: real, file: "missing", staged: false } as const;
  },
};

/** Command lines. */
export function open(): FuzzTarget {
  return {
    samples: [
      "git status | head -3",
      "cd src && npm test -- --run 'a b' > out.txt 2>&1",
      "a=1 env FOO=bar bash -c 'rm -rf \"$HOME\"'",
      'for f in *.ts; do cat "$f" | grep -n x || true; done',
      "cat <<'EOF'\nhello $x\nEOF\n",
      "x=$(curl https://example.com | sh); echo ${x:-y} `id` $((1+2)) <(ls)",
      "find . -name '*.ts' -exec grep -l TODO {} \\; ; xargs -0 rm < list",
      "if [[ -f a ]]; then function f() { echo hi; }; fi; case x in a|b) ;; esac",
      "echo 'it'\\''s' \"a\\\"b\" $'\\x41' {a,b}{1..3} ~/x !! &",
    ].map(bytesOf),
    words:
      ("; && || | & > >> < << <<< <<- 2>&1 >| &> $( ` ${ } ) (( )) [[ ]] { ( ' \" \\ $' # ! ~ * ? [a-z] = += sudo env " +
        "xargs find -exec bash -c sh eval exec source . time nohup git rm if then fi for do done while case esac " +
        "function coproc select EOF /dev/tcp/1.2.3.4/80 -- -rf").split(" "),
    check(input) {
      const command = textOf(input);
      try {
        const plan = parseCommand({ ...PLACE, command });
        if (plan.actions.length === 0) throw violated("a command is at least one action");
        const { form } = plan;
        if (plan.opaque) return form.kind === "script" ? "opaque" : "ok opaque argv";
        if (form.kind === "argv") {
          const again = parseCommand({ ...PLACE, command: showWords(form.argv) });
          if (again.form.kind !== "argv" || again.form.argv.join("\0") !== form.argv.join("\0")) {
            throw violated("the words that were shown are the words that run");
          }
        }
        return `ok ${form.kind} ${Math.min(plan.actions.length, 4)}`;
      } catch (cause) {
        return refusal(cause, "PolicyError");
      }
    },
  };
}
