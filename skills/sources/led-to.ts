/**
 * Reads where a registry sends us.
 *
 * @param location Its header, untrusted.
 * @param base What was asked for.
 * @returns The place, or `null` when there is none, or it has user-info.
 */
export function ledTo(location: string, base: string): URL | null {
  const place = location === "" ? null : URL.parse(location, base);
  // Threat: a request that goes on in the name of somebody that the registry chose.
  return place === null || place.username !== "" || place.password !== "" ? null : place;
}
