/** Exposition text as an engine writes it, of any size, for benchmarks and fuzzing. */

export interface BigScrape {
  readonly histograms: number;
  /** `le` bounds of each, +Inf included. */
  readonly buckets: number;
  readonly gauges: number;
}

/** Histograms `big:histogram_seconds_N` of `buckets` + 2 lines and gauges `big:gauge_N`, one engine each. */
export function bigScrape({histograms, buckets, gauges}: BigScrape): string {
  const labels = 'engine="0",model_name="meta-llama/Llama-3.3-70B-Instruct"';
  const lines: string[] = [];
  for (let index = 0; index < gauges; index += 1) {
    const name = `big:gauge_${String(index)}`;
    lines.push(`# HELP ${name} A gauge.`, `# TYPE ${name} gauge`, `${name}{${labels}} ${String(index * 1.5)}`);
  }
  for (let index = 0; index < histograms; index += 1) {
    const name = `big:histogram_seconds_${String(index)}`;
    lines.push(`# HELP ${name} A histogram.`, `# TYPE ${name} histogram`);
    for (let bucket = 0; bucket < buckets; bucket += 1) {
      const le = bucket === buckets - 1 ? '+Inf' : String((bucket + 1) / 16);
      lines.push(`${name}_bucket{${labels},le="${le}"} ${String(bucket * 12)}.0`);
    }
    lines.push(`${name}_sum{${labels}} 1234.5678`, `${name}_count{${labels}} ${String((buckets - 1) * 12)}.0`);
  }
  return `${lines.join('\n')}\n`;
}
