/**
 * The comments by which a file of the web platform tests says what it needs.
 *
 * @module
 */

function valuesOf(text: string, name: string): string[] {
  const lines = text.matchAll(/^\/\/ META: (\w+)=(.*)$/gm);
  return [...lines].filter(([, key]) => key === name).map(([, , value]) => value.trim());
}

/** The scripts to load first. */
export function scriptsOf(text: string): string[] {
  return valuesOf(text, "script");
}

/** The query strings to run it with; one empty string where it has none. */
export function variantsOf(text: string): string[] {
  const variants = valuesOf(text, "variant");
  return variants.length > 0 ? variants : [""];
}
