import { allNodes, type CompletionNode, type CompletionValue } from "./tree.ts";

/**
 * Writes the completion script for zsh.
 *
 * @param tree What can be completed.
 * @returns The script.
 */
export function zshCompletions(tree: CompletionNode): string {
  const nodes = allNodes(tree);
  const paths = nodes.filter((node) => node.path !== "").map((node) => node.path);
  return `#compdef agentzero
# zsh completion for agentzero; made by: agentzero completions zsh
# Threat: names of files in a foreign project. They are only listed, never expanded, and only plain names are offered.
_agentzero_names() {
  local dir=$PWD
  while [[ -n $dir && ! -d $dir/.agentzero ]]; do dir=\${dir%/*}; done
  [[ -n $dir ]] || return 1
  local -a names
  names=("$dir/.agentzero/$1"/*(N:t))
  names=(\${names%$2})
  names=(\${(M)names:#[A-Za-z0-9][A-Za-z0-9_-]#})
  compadd -a names
}
_agentzero_value() {
  case $1 in
    files) _files ;;
    folders) _files -/ ;;
    sessions) _agentzero_names sessions .jsonl ;;
    records) _agentzero_names audit .jsonl ;;
    skills | tools) _agentzero_names skills '' ;;
    none) _message 'value' ;;
    *) compadd -- \${=1} ;;
  esac
}
_agentzero() {
  emulate -L zsh -o extended_glob
  local spot='' word prev=\${words[CURRENT-1]} i skip=0 at=0
  local -a offers
  for ((i = 2; i < CURRENT; i++)); do
    word=\${words[i]}
    if ((skip)); then skip=0; continue; fi
    if [[ $word == -* ]]; then
      case "$spot $word" in
        ${valuePatterns(nodes)}) skip=1 ;;
      esac
      continue
    fi
    case "$spot/$word" in
      ${paths.map((path) => `'${path}'`).join(" | ")}) spot="$spot/$word"; at=0 ;;
      *) at=$((at + 1)) ;;
    esac
  done
  if ((skip)); then
    case "$spot $prev" in
${optionCases(nodes)}
    esac
    return
  fi
  if [[ $PREFIX == -* ]]; then
    case $spot in
${nodes.map((node) => `      '${node.path}') offers=(${flags(node)}) ;;`).join("\n")}
    esac
    _describe -o 'option' offers
    return
  fi
  case "$spot:$at" in
${argumentCases(nodes)}
  esac
}
if [[ $funcstack[1] == _agentzero ]]; then _agentzero "$@"; else compdef _agentzero agentzero; fi
`;
}

function quote(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

function described(name: string, summary: string): string {
  return quote(`${name.replaceAll(":", String.raw`\:`)}:${summary}`);
}

function flags(node: CompletionNode): string {
  return node.options.flatMap((option) => option.flags.map((flag) => described(flag, option.summary))).join(" ");
}

function valuePatterns(nodes: readonly CompletionNode[]): string {
  return nodes.flatMap((node) =>
    node.options.filter((option) => option.value !== null)
      .flatMap((option) => option.flags.map((flag) => `'${node.path} ${flag}'`))
  ).join(" | ");
}

function optionCases(nodes: readonly CompletionNode[]): string {
  return nodes.flatMap((node) =>
    node.options.flatMap((option) =>
      option.value === null
        ? []
        : `      ${option.flags.map((flag) => `'${node.path} ${flag}'`).join(" | ")}) _agentzero_value ${
          quote(wordOf(option.value))
        } ;;`
    )
  ).join("\n");
}

function argumentCases(nodes: readonly CompletionNode[]): string {
  return nodes.flatMap((node) => {
    if (node.commands.length > 0) {
      const offers = node.commands.map((command) => described(command.name, command.summary)).join(" ");
      return [`    '${node.path}:0') offers=(${offers}); _describe 'command' offers ;;`];
    }
    return node.values.map((value, at) => {
      const place = node.repeats && at === node.values.length - 1 ? `'${node.path}:'*` : `'${node.path}:${at}'`;
      return `    ${place}) _agentzero_value ${quote(wordOf(value))} ;;`;
    });
  }).join("\n");
}

function wordOf(value: CompletionValue): string {
  return value.kind === "words" ? value.words.join(" ") : value.kind;
}
