/**
 * Whether this machine has the addresses on which the engines of simulated pods answer. On Linux all of 127.0.0.0/8 is there; elsewhere
 * (macOS, the BSDs) only 127.0.0.1 is, until others are added.
 */
import {createServer} from 'node:net';

/** `first`: only the first network of pod addresses was added by hand. */
export type Loopback = 'any' | 'first' | 'none';

const FIRST = '127.64.0.2';
const ANY = '127.79.255.2';

/** One for each pod that the demo may have at a time. */
export const ADD_ADDRESSES = 'for i in $(seq 2 100); do sudo ifconfig lo0 alias 127.64.0.$i up; done';

export async function findLoopback(canListen: (address: string) => Promise<boolean> = listens): Promise<Loopback> {
  if (await canListen(ANY)) return 'any';
  return (await canListen(FIRST)) ? 'first' : 'none';
}

function listens(address: string): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', () => {
      resolve(false);
    });
    server.listen(0, address, () => {
      server.close(() => {
        resolve(true);
      });
    });
  });
}
