import { createHttp, detectLocal } from "../../../session/mod.ts";
import { configuredModels } from "../../acp/options.ts";
import type { Config } from "../../config/load-config.ts";
import type { CommandContext } from "../../context.ts";

/**
 * Shows which models a chat can go on with: the configured ones, and what listens on this machine besides.
 *
 * @param context The command's context.
 * @param config The configuration in force.
 * @param inUse The model that answers now, `PROVIDER/NAME`.
 */
export async function showModels(context: CommandContext, config: Config, inUse: string): Promise<void> {
  const { output, signal, system: { timers } } = context;
  const names = new Set([inUse, ...configuredModels(config)]);
  output.table([...names].map((name) => [name === inUse ? "*" : " ", name, name === inUse ? "in use" : ""]));
  const urls = new Set(Object.values(config.providers).map((entry) => "url" in entry ? entry.url : null));
  const others = (await detectLocal({ http: createHttp({ timers }), timers, signal })).filter(({ url }) =>
    !urls.has(url)
  );
  // It only proposes: any user of this machine may listen there.
  for (const { id, url, models } of others) {
    output.text(`${id} answers at ${url}${models.length === 0 ? "" : `: ${models.slice(0, 10).join(", ")}`}`);
    output.text(
      `  to use it, in config.yml of your home: providers: { ${id}: { kind: openai-compatible, url: "${url}" } }`,
    );
  }
}
