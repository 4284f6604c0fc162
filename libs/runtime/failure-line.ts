// A scheme that is only spoken of ends with the sentence or the list that it stands in.
const URLS = /\b[a-z][a-z0-9+.-]*:\/\/(?![,;.)])[^\s"'<>]+/gi;

/**
 * One line about what went wrong, for an operator. The process is the operator's own, so the message is shown, without stack
 * or newlines; but of a URL only scheme and host: what else it holds may be a password or an API key, and logs are kept.
 */
export function failureLine(name: string, what: string, error: unknown): string {
  const text = error instanceof Error ? error.message || error.name : String(error);
  return `${name}: ${what}: ${text.replace(/\s*\n\s*/g, " ").replace(URLS, hostOf)}\n`;
}

function hostOf(url: string): string {
  const scheme = url.slice(0, url.indexOf("://") + 3);
  const host = URL.canParse(url) ? new URL(url).host : "";
  const rest = URL.canParse(url) && `${scheme}${host}` === url.replace(/\/$/, "");
  return rest ? url : `${scheme}${host}/…`;
}
