/** Cases of the fault matrix for checks and APIs: what is said of pages holds for them where it can. */
import { type Fault, GOOD, TITLE, moved, page } from './fault.fixture.ts'

export const PLAIN: Fault[] = [
  { name: 'a check', expected: 'ok.all_valid', as: 'check', answer: page(GOOD) },
  {
    name: 'a check, moved to www',
    expected: 'ok.all_valid',
    as: 'check',
    answer: moved('/new', GOOD, 'www.bank.localhost'),
  },
  {
    name: 'a check, sent to another host that looks the same',
    expected: 'layout_changed.redirected',
    as: 'check',
    answer: moved('/parking', GOOD, 'other.localhost'),
  },
  {
    name: 'a check, and nothing of it is there',
    expected: 'layout_changed.pattern',
    as: 'check',
    answer: page(TITLE),
  },
  { name: 'an API', expected: 'ok.all_valid', as: 'collect', answer: page('[{"no": 1}]') },
  {
    name: 'an API, moved on the same site',
    expected: 'ok.all_valid',
    as: 'collect',
    answer: moved('/v2', '[{"no": 1}]', 'www.bank.localhost'),
  },
  {
    name: 'an API, sent to another host',
    expected: 'layout_changed.redirected',
    as: 'collect',
    answer: moved('/parking', '[{"no": 1}]', 'other.localhost'),
  },
]
