import { allNodes, type CompletionNode, type CompletionValue } from "./tree.ts";

/**
 * Writes the completion script for bash.
 *
 * @param tree What can be completed.
 * @returns The script.
 */
export function bashCompletions(tree: CompletionNode): string {
  const nodes = allNodes(tree);
  const paths = nodes.filter((node) => node.path !== "").map((node) => node.path);
  return `# bash completion for agentzero; made by: agentzero completions bash
# Threat: names of files in a foreign project. They are only listed, never expanded, and only plain names are offered.
_agentzero_offer() {
  local word
  for word in "$@"; do [[ $word == "$cur"* ]] && COMPREPLY+=("$word"); done
}
_agentzero_names() {
  local dir=$PWD name
  while [[ -n $dir && ! -d $dir/.agentzero ]]; do dir=\${dir%/*}; done
  [[ -n $dir ]] || return
  for name in "$dir/.agentzero/$1"/*; do
    name=\${name##*/}; name=\${name%$2}
    [[ $name =~ ^[A-Za-z0-9][A-Za-z0-9_-]*$ ]] && _agentzero_offer "$name"
  done
}
_agentzero_value() {
  case $1 in
    files) mapfile -t COMPREPLY < <(compgen -f -- "$cur"); compopt -o filenames 2>/dev/null ;;
    folders) mapfile -t COMPREPLY < <(compgen -d -- "$cur"); compopt -o filenames 2>/dev/null ;;
    sessions) _agentzero_names sessions .jsonl ;;
    records) _agentzero_names audit .jsonl ;;
    skills | tools) _agentzero_names skills '' ;;
    none) ;;
    *) local IFS=' '; _agentzero_offer $1 ;;
  esac
}
_agentzero() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} path='' word i skip=0 at=0
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    if ((skip)); then skip=0; continue; fi
    if [[ $word == -* ]]; then
      case "$path $word" in
        ${valuePatterns(nodes)}) skip=1 ;;
      esac
      continue
    fi
    case "$path/$word" in
      ${paths.join(" | ")}) path="$path/$word"; at=0 ;;
      *) at=$((at + 1)) ;;
    esac
  done
  if ((skip)); then
    case "$path $prev" in
${optionCases(nodes)}
    esac
    return
  fi
  if [[ $cur == -* ]]; then
    case $path in
${nodes.map((node) => `      '${node.path}') _agentzero_offer ${flagsOf(node)} ;;`).join("\n")}
    esac
    return
  fi
  case "$path:$at" in
${argumentCases(nodes)}
  esac
}
complete -F _agentzero agentzero
`;
}

function flagsOf(node: CompletionNode): string {
  return node.options.flatMap((option) => option.flags).join(" ");
}

function valuePatterns(nodes: readonly CompletionNode[]): string {
  const patterns = nodes.flatMap((node) =>
    node.options.filter((option) => option.value !== null)
      .flatMap((option) => option.flags.map((flag) => `'${node.path} ${flag}'`))
  );
  return patterns.join(" | ");
}

function optionCases(nodes: readonly CompletionNode[]): string {
  return nodes.flatMap((node) =>
    node.options.flatMap((option) =>
      option.value === null
        ? []
        : `      ${option.flags.map((flag) => `'${node.path} ${flag}'`).join(" | ")}) _agentzero_value '${
          wordOf(option.value)
        }' ;;`
    )
  ).join("\n");
}

function argumentCases(nodes: readonly CompletionNode[]): string {
  return nodes.flatMap((node) => {
    const commands = node.commands.map((command) => command.name);
    if (commands.length > 0) return [`    '${node.path}':0) _agentzero_offer ${commands.join(" ")} ;;`];
    return node.values.map((value, at) => {
      const place = node.repeats && at === node.values.length - 1 ? "*" : String(at);
      return `    '${node.path}':${place}) _agentzero_value '${wordOf(value)}' ;;`;
    });
  }).join("\n");
}

function wordOf(value: CompletionValue): string {
  return value.kind === "words" ? value.words.join(" ") : value.kind;
}
