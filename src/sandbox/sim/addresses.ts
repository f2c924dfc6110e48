/** Addresses of pods: loopback ones, so that engines can answer on them and nothing leaves the machine. Pure. */

const FIRST_HOST = 2;
const HOSTS = 1 << 10;
const NETWORKS = 1 << 10;
/** 127.64.0.0 */
const BASE = 127 * 2 ** 24 + 64 * 2 ** 16;

/**
 * The lowest free address of one of 1024 networks in 127.64.0.0/12, each of 1022 pods. `network` in [0, 1): chosen by chance, so that
 * several sandboxes on one machine do not meet. Throws when all are taken.
 */
export function freeAddress(network: number, taken: ReadonlySet<string>): string {
  const start = BASE + Math.floor(network * NETWORKS) * HOSTS;
  for (let host = FIRST_HOST; host < HOSTS; host += 1) {
    const address = dotted(start + host);
    if (!taken.has(address)) return address;
  }
  throw new Error(`all ${String(HOSTS - FIRST_HOST)} pod addresses are taken`);
}

function dotted(value: number): string {
  return [24, 16, 8, 0].map((shift) => String(Math.floor(value / 2 ** shift) % 256)).join('.');
}
