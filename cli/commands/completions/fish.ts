import { allNodes, type CompletionNode, type CompletionOption, type CompletionValue } from "./tree.ts";

/**
 * Writes the completion script for fish.
 *
 * @param tree What can be completed.
 * @returns The script.
 */
export function fishCompletions(tree: CompletionNode): string {
  const nodes = allNodes(tree);
  const paths = nodes.filter((node) => node.path !== "").map((node) => node.path);
  return `# fish completion for agentzero; made by: agentzero completions fish
# Threat: names of files in a foreign project. They are only listed, never expanded, and only plain names are offered.
set -g __agentzero_paths ${paths.join(" ")}
function __agentzero_spot
    set -l spot ''
    for word in (commandline -opc)[2..-1]
        string match -q -- '-*' $word; and continue
        contains -- "$spot/$word" $__agentzero_paths; and set spot "$spot/$word"
    end
    echo $spot
end
function __agentzero_at
    set -l spot (__agentzero_spot)
    test "$spot" = "$argv[1]"
end
function __agentzero_names
    set -l dir $PWD
    while test -n "$dir"; and not test -d "$dir/.agentzero"
        set dir (string replace -r '/[^/]*$' '' -- $dir)
    end
    test -n "$dir"; or return
    for name in $dir/.agentzero/$argv[1]/*
        string replace -r '(^.*/|\\.jsonl$)' '' -a -- $name | string match -r '^[A-Za-z0-9][A-Za-z0-9_-]*$'
    end
end
complete -c agentzero -f
${nodes.map(nodeLines).join("\n")}
`;
}

function quote(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", String.raw`\'`)}'`;
}

function nodeLines(node: CompletionNode): string {
  const at = `complete -c agentzero -n ${quote(`__agentzero_at '${node.path}'`)}`;
  const lines = node.commands.map((command) => `${at} -a ${quote(command.name)} -d ${quote(command.summary)}`);
  for (const option of node.options) lines.push(`${at} ${optionWords(option)} -d ${quote(option.summary)}`);
  if (node.commands.length === 0) {
    for (const value of node.values) {
      const offer = valueWords(value);
      if (offer !== "") lines.push(`${at} ${offer}`);
    }
  }
  return lines.join("\n");
}

function optionWords(option: CompletionOption): string {
  const names = option.flags.map((flag) => flag.startsWith("--") ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`);
  if (option.value === null) return names.join(" ");
  return [...names, "-r", valueWords(option.value)].join(" ").trim();
}

function valueWords(value: CompletionValue): string {
  switch (value.kind) {
    case "words":
      return `-a ${quote(value.words.join(" "))}`;
    case "files":
      return "-F";
    case "folders":
      return "-a '(__fish_complete_directories)'";
    case "sessions":
      return "-a '(__agentzero_names sessions)'";
    case "records":
      return "-a '(__agentzero_names audit)'";
    case "skills":
    case "tools":
      return "-a '(__agentzero_names skills)'";
    case "none":
      return "";
    default:
      return value satisfies never;
  }
}
