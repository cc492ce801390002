/**
 * User and password in a URL: sent as a header, and shown nowhere.
 *
 * @module
 */

/** A URL without user and password. */
export function shownUrl(url: string): string {
  if (!URL.canParse(url)) return url;
  const shown = new URL(url);
  shown.username = shown.password = "";
  return shown.href;
}

/** Undoes percent encoding; a percent sign that encodes nothing stays. */
function plain(text: string): string {
  return text.replace(/(?:%[\da-f]{2})+/gi, (run) => {
    try {
      return decodeURIComponent(run);
    } catch {
      return run;
    }
  });
}

/** The `Authorization` header for the user and password of a URL; undefined where it has none. */
export function basicCredentials(url: string): string | undefined {
  const { username, password } = new URL(url);
  if (username === "" && password === "") return undefined;
  const bytes = new TextEncoder().encode(`${plain(username)}:${plain(password)}`);
  return `Basic ${btoa(String.fromCharCode(...bytes))}`;
}
