/** The pages with their scripts and styles, built in memory once: no build step, no files to ship. */
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

export interface Asset {
  /** Where the page asks for it; changes with the content. */
  path: string
  body: string
  type: string
  etag: string
}

export interface PageAssets {
  html: Asset
  js: Asset
  css: Asset
}

export interface BoardAssets {
  board: PageAssets
  fleet: PageAssets
}

let built: Promise<BoardAssets> | undefined

/** Bundles the client on first use (about 150 ms) and keeps it. Rejects, and tries again next time, if it does not compile. */
export function boardAssets(): Promise<BoardAssets> {
  built ??= build().catch((error: unknown) => {
    built = undefined
    throw error
  })
  return built
}

async function build(): Promise<BoardAssets> {
  // Loaded late: the API starts without it, and a process that serves no board never pays for it.
  const esbuild = await import('esbuild')
  const bundle = (file: string) =>
    esbuild.build({
      entryPoints: [here(file)],
      bundle: true,
      minify: true,
      write: false,
      format: 'esm',
      target: 'es2022',
      legalComments: 'none',
      logLevel: 'silent',
    })
  const page = async (path: string, name: string, client: string): Promise<PageAssets> => {
    const [script, style, text, head, proof] = await Promise.all([
      bundle(client),
      bundle(`style/${name}.css`),
      ...[name, 'head', 'proof'].map((part) => readFile(here(`${part}.html`), 'utf8')),
    ])
    const js = asset('js', script.outputFiles[0]!.text, 'text/javascript; charset=utf-8')
    const css = asset('css', style.outputFiles[0]!.text, 'text/css; charset=utf-8')
    const parts: Record<string, string> = { head: head!, proof: proof!, js: js.path, css: css.path }
    const filled = (part: string): string =>
      part.replace(/\{\{(\w+)\}\}/g, (_, each: string) => filled(parts[each]!))
    const html = filled(text!)
    return { js, css, html: { ...asset('html', html, 'text/html; charset=utf-8'), path } }
  }
  const [board, fleet] = await Promise.all([
    page('/', 'board', 'client/main.ts'),
    page('/fleet', 'fleet', 'client/fleet/main.ts'),
  ])
  return { board, fleet }
}

function asset(extension: string, body: string, type: string): Asset {
  const hash = createHash('sha256').update(body).digest('hex').slice(0, 16)
  return { path: `/board/${hash}.${extension}`, body, type, etag: `"${hash}"` }
}

function here(path: string): string {
  return fileURLToPath(new URL(path, import.meta.url))
}
