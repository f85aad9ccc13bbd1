import type { Format } from '../workload.ts';

/** A figure as people read it; a dash when there is none. */
export function formatted(value: number, format: Format): string {
  if (Number.isNaN(value)) return '–';
  switch (format) {
    case 'rate':
      return value >= 10_000 ? `${(value / 1000).toFixed(0)} k` : value.toFixed(0);
    case 'count':
    case 'micros':
      return value.toFixed(0);
    case 'millis':
      return value.toFixed(value < 10 ? 1 : 0);
    case 'megabytes':
      return (value / 1e6).toFixed(0);
    case 'percent':
      return `${(value * 100).toFixed(0)} %`;
    case 'ratio':
      return value.toFixed(2);
  }
}
