/** `weir check`: the config as the engine explains it, and what its scraper files say and leave unsaid. */
import { relative } from 'node:path'
import { type ScraperFileReport, checkConfig } from '../../engine/index.ts'
import { absenceGaps } from '../define/absence-gap.ts'
import { scraperLoader } from '../load/scraper-files.ts'

/** Runs the command with the words after `check`; resolves to the exit code. */
export async function run(argv: string[]): Promise<number> {
  return checkConfig(argv, look)
}

async function look(files: string[], folder: string): Promise<ScraperFileReport> {
  // The version only names runs, and none is made here.
  const { scrapers, problems } = await scraperLoader('')(files, folder)
  const gaps = scrapers.flatMap(({ scraper }) =>
    absenceGaps(scraper).map((gap) => `${scraper.name}: ${gap} (absentWhen: false says that it never is).`),
  )
  return {
    mistakes: problems.map(({ message }) => `${relative('', folder) || '.'}/${message}`),
    notes: gaps,
  }
}
