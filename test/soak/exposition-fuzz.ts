/** A million damaged scrapes, on demand: node test/soak/exposition-fuzz.ts [INPUTS] [SEED] */
import {chance, checkOne, mutated} from '../support/exposition-fuzz.ts';

const inputs = Number(process.argv[2] ?? 1_000_000);
const seed = Number(process.argv[3] ?? Math.floor(Math.random() * 2 ** 31));
const random = chance(seed);
const started = Date.now();
let samples = 0;
let longestMs = 0;
for (let input = 0; input < inputs; input += 1) {
  const body = mutated(random);
  const before = performance.now();
  samples += checkOne(body, random() < 0.5);
  longestMs = Math.max(longestMs, performance.now() - before);
}
const seconds = ((Date.now() - started) / 1000).toFixed(1);
process.stdout.write(
  `seed ${String(seed)}: ${String(inputs)} inputs, ${String(samples)} samples, longest ${longestMs.toFixed(1)} ms, ${seconds} s\n`,
);
