/** All checks in the order in which people read them. Pure. */
import { channels, chromium, config } from './config.ts'
import type { Facts } from './facts.ts'
import type { Check, Finding } from './finding.ts'
import { disk, memory, node } from './machine.ts'
import { eviction, headroom } from './memory.ts'
import { persistence } from './persistence.ts'
import { replicas } from './replicas.ts'
import { clock, redis, scripts, series } from './server.ts'
import { version } from './version.ts'

const CHECKS: readonly Check[] = [
  node,
  disk,
  memory,
  redis,
  version,
  scripts,
  persistence,
  eviction,
  headroom,
  replicas,
  series,
  clock,
  config,
  channels,
  chromium,
]

export function diagnose(facts: Facts): Finding[] {
  return CHECKS.flatMap((check) => check(facts) ?? [])
}

const SHAPE = { ok: '●', warn: '▲', fail: '■' } as const

/** A line each, and what to do below it. Words and shapes, no colours: it must be readable in any log. */
export function findingWords(findings: readonly Finding[]): string {
  const width = Math.max(...findings.map(({ check }) => check.length))
  const lines = findings.flatMap(({ check, verdict, says, todo }) => [
    `${SHAPE[verdict]} ${verdict.padEnd(4)}  ${check.padEnd(width)}  ${says}`,
    ...(todo === null ? [] : [`${' '.repeat(10 + width)}→ ${todo}`]),
  ])
  const many = (verdict: string): number => findings.filter((one) => one.verdict === verdict).length
  return `${lines.join('\n')}\n${many('ok')} ok, ${many('warn')} warn, ${many('fail')} fail.\n`
}
