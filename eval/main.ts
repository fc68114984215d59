/** `npm run eval -- NAME DIR`: measures how well something works on recorded input, and prints what the figures stand on. */
const evaluations: Record<string, () => Promise<{ evaluate(args: string[]): Promise<void> }>> = {
  drift: () => import('./drift.ts'),
  pages: () => import('./pages.ts'),
}

const [name = '', ...args] = process.argv.slice(2)
const load = evaluations[name]
if (load === undefined) {
  process.stderr.write(
    `there is no evaluation "${name}". There are: ${Object.keys(evaluations).join(', ')}\n`,
  )
  process.exit(2)
}
await (await load()).evaluate(args)
