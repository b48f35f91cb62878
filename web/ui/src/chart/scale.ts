// Scales for the small charts.

export interface Domain { low: number; high: number }

// logScale maps a logarithmic domain onto 0..width, clamped to it.
export function logScale(domain: Domain, width: number): (v: number) => number {
  const [a, b] = [Math.log(domain.low), Math.log(domain.high)];
  return (v) => Math.max(0, Math.min(width, ((Math.log(Math.max(v, 1e-12)) - a) / (b - a)) * width));
}

// logTicks are 1, 10, 100 ..., with 2 and 5 between them where there is room.
export function logTicks(domain: Domain): number[] {
  const decades = Math.log10(domain.high / domain.low);
  const steps = decades > 3.5 ? [1] : decades > 2 ? [1, 3] : [1, 2, 5];
  const ticks: number[] = [];
  for (let power = Math.floor(Math.log10(domain.low)); power <= Math.ceil(Math.log10(domain.high)); power++) {
    for (const step of steps) {
      const tick = step * 10 ** power;
      const margin = (domain.high / domain.low) ** 0.04;
      if (tick >= domain.low * margin && tick <= domain.high / margin) ticks.push(tick);
    }
  }
  return ticks;
}

// linearTicks are round numbers from zero to the top.
export function linearTicks(high: number, about = 4): number[] {
  if (!(high > 0)) return [0];
  const rough = high / about;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((m) => m * power).find((s) => s >= rough) ?? power;
  const ticks: number[] = [];
  for (let i = 0; i * step <= high * 1.0001; i++) ticks.push(i * step);
  return ticks;
}

// niceTicks are round numbers within low and high.
export function niceTicks(low: number, high: number, about = 6): number[] {
  const rough = (high - low) / about;
  if (!(rough > 0)) return [];
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((m) => m * power).find((s) => s >= rough) ?? power;
  const ticks: number[] = [];
  for (let i = Math.ceil(low / step); i * step <= high; i++) ticks.push(i * step);
  return ticks;
}
