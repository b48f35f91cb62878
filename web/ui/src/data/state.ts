// The page's state in the address, after "#": what is open, zoomed and
// searched survives a reload and can be sent to a colleague. Works from
// file:// because only the fragment changes.

interface Address { path: string; params: URLSearchParams }

function read(): Address {
  const hash = location.hash.replace(/^#/, "");
  const cut = hash.indexOf("?");
  if (cut >= 0) return { path: hash.slice(0, cut), params: new URLSearchParams(hash.slice(cut + 1)) };
  return hash.startsWith("/") ? { path: hash, params: new URLSearchParams() } : { path: "", params: new URLSearchParams(hash) };
}

function write(address: Address): void {
  const query = address.params.toString();
  const hash = address.path ? address.path + (query ? "?" + query : "") : query;
  try {
    history.replaceState(null, "", "#" + hash);
  } catch {
    // A browser may refuse to rewrite the address of a local file: the page works on without.
  }
}

// path is the part before "?": "/runs/ID" in the served pages, else empty.
export const path = (): string => read().path;

export function get(key: string): string {
  return read().params.get(key) ?? "";
}

export function getAll(key: string): string[] {
  return read().params.getAll(key);
}

// set stores values under a key; none removes it.
export function set(key: string, ...values: string[]): void {
  const address = read();
  address.params.delete(key);
  for (const value of values) if (value !== "") address.params.append(key, value);
  write(address);
}
