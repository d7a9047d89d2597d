/** Functions of each interface of `az:host@0.3.0` that components can import, as glue spells them. */
export const INTERFACE_FUNCTIONS: Readonly<Record<string, readonly string[]>> = {
  filesystem: ["readFile", "writeFile", "appendFile", "listDir", "createDir", "fileExists"],
  logging: ["log"],
  clock: ["now"],
  random: ["bytes"],
  secrets: ["getSecret"],
  http: ["fetch"],
  tools: ["call", "registerTool"],
};
