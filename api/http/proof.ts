/** The evidence of an alert: what was kept of the newest run it shows, by a run's event or by those of its fields. */
import { isEvidenceId, type Alert } from '../../engine/index.ts'

/** The built-in streams whose events name the evidence of their run. */
const PROVED = ['runs', 'fields']

/** Its id; null where nothing was kept. */
export function evidenceIdOf({ stream, about = {}, evidence }: Alert): string | null {
  if (!PROVED.includes(stream)) return null
  // Samples are newest first.
  const proved = evidence.samples.filter((sample) => isEvidenceId(sample['evidence']))
  // Some samples of an alert for many groups are of a group that is well; and it names only the first of many.
  const concerned = proved.find((sample) =>
    Object.entries(about).every(([field, values]) => values.includes(String(sample[field]))),
  )
  return ((concerned ?? proved[0])?.['evidence'] as string | undefined) ?? null
}
