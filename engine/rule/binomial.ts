/** The upper tail of the binomial distribution: how likely it is to see so many hits by chance. */

/** Terms smaller than this share of the sum no longer matter. */
const NEGLIGIBLE = 1e-12

/**
 * P(X >= hits) of `n` trials that each hit with probability `p` (0 < p < 1). The first term comes from Stirling's
 * series for ln n!, the others by their ratio; only right where hits / n > p, where terms fall from the first on.
 */
export function upperTail(hits: number, n: number, p: number): number {
  if (hits <= 0) return 1
  const log = lnFactorial(n) - lnFactorial(hits) - lnFactorial(n - hits)
  let term = Math.exp(log + hits * Math.log(p) + (n - hits) * Math.log1p(-p))
  let sum = 0
  for (let i = hits; i <= n && term > sum * NEGLIGIBLE; i++) {
    sum += term
    term *= ((n - i) / (i + 1)) * (p / (1 - p))
  }
  return Math.min(1, sum)
}

/** ln n!, by Stirling's series from 20 on (error below 1e-13), by multiplication below. */
function lnFactorial(n: number): number {
  if (n < 20) {
    let product = 1
    for (let i = 2; i <= n; i++) product *= i
    return Math.log(product)
  }
  const square = n * n
  return (n + 0.5) * Math.log(n) - n + Math.log(2 * Math.PI) / 2 + (1 / 12 - 1 / (360 * square)) / n
}
