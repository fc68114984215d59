/** The play: what will happen in this world and when, for people to watch for it. */
import type { Deal, Fault } from './deal.ts'
import { SURGE } from './exchange.ts'
import { RETRY_AFTER } from './server.ts'

/** The play as text, one line per event in order of time; times count from going live. */
export function play(deal: Deal): string {
  const acts = [
    ...deal.plights.map(({ bank, fault, after }) => ({
      after,
      line: `${title(bank)} ${says(deal)[fault]}`,
    })),
    {
      after: deal.surge.after,
      line: `${deal.surge.coin} is traded ${SURGE} times as much as in the hour before`,
    },
  ].toSorted((a, b) => a.after - b.after)
  return [
    `World ${deal.seed}: eight banks, six coins, one shop. What will happen:`,
    ...acts.map(({ after, line }) => `  ${`${Math.round(after / 1000)} s`.padStart(5)}  ${line}.`),
    `  Fine throughout: ${deal.fine.map(title).join(', ')}, and the shop's API.`,
  ].join('\n')
}

function says(deal: Deal): Record<Fault, string> {
  return {
    renames: `changes its page: the balance moves to an element called "${deal.renamedTo}"`,
    down: deal.downAs === 'reset' ? 'goes down: connections are cut' : 'goes down: 503 to everybody',
    throttled: `finds us too frequent: 429, try again in ${RETRY_AFTER} s`,
    challenge: 'asks for proof of being human: 403 with a challenge',
    empty: 'has truthfully no transactions: nothing is wrong there',
    slow: 'turns slow: three to four seconds an answer',
  }
}

function title(name: string): string {
  return name
    .split('-')
    .map((word) => word[0]!.toUpperCase() + word.slice(1))
    .join(' ')
}
