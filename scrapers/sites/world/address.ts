/** Where the example world is to be found: `*.localhost` on the port that the launcher hands over. */

const PORT = process.env.WEIR_WORLD_PORT ?? '7070'

/** The address of `path` at one of the world's hosts, such as `http://north-bank.localhost:7070/accounts`. */
export function world(host: string, path: string): string {
  return `http://${host}.localhost:${PORT}${path}`
}
