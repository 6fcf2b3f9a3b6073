/** Who uses this browser: an API key where the server asks for one, and the learner's id. */

const USER = "pathwright.user";
const KEY = "pathwright.key";

/** The learner of this browser while no learner's key says otherwise: made up at the first visit, and kept. */
export function ownUserId(): string {
  const known = localStorage.getItem(USER);
  if (known) return known;
  const made = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, "0"),
  ).join("");
  localStorage.setItem(USER, made);
  return made;
}

export function forgetUserId(): void {
  localStorage.removeItem(USER);
}

/** Kept until the tab is closed, unless the person asked for longer. */
export function apiKey(): string | null {
  return sessionStorage.getItem(KEY) ?? localStorage.getItem(KEY);
}

export function keepApiKey(key: string, forLong: boolean): void {
  forgetApiKey();
  (forLong ? localStorage : sessionStorage).setItem(KEY, key);
}

export function forgetApiKey(): void {
  sessionStorage.removeItem(KEY);
  localStorage.removeItem(KEY);
}

export function authorization(): Record<string, string> {
  const key = apiKey();
  return key ? { authorization: `Bearer ${key}` } : {};
}
