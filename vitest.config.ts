/** Six kinds of tests by file name: pure, types, with sockets or processes, with Redis, with a browser, the whole system. */
import { availableParallelism } from 'node:os'
import { relative, sep } from 'node:path'
import { configDefaults, defineConfig, type TestProjectInlineConfiguration } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'
import { inOrder } from './launch/test-order.ts'

const outside = [...configDefaults.exclude, '.weir/**']

function project(name: string, include: string[], seconds: number, exclude: string[] = []) {
  return {
    test: {
      name,
      include,
      exclude: [...outside, ...exclude],
      testTimeout: seconds * 1000,
      hookTimeout: Math.max(30, seconds) * 1000,
      // A ceiling, for a machine that does much else: what is polled is usually there at once.
      expect: { poll: { timeout: 20_000, interval: 50 } },
      // Children and sockets belong to one file each; what is pure needs no walls, and is much faster without.
      pool: 'forks',
      isolate: name !== 'unit',
    },
  } satisfies TestProjectInlineConfiguration
}

class Ordered extends BaseSequencer {
  override async sort(specs: TestSpecification[]): Promise<TestSpecification[]> {
    const files = specs.map((spec) => ({
      spec,
      project: spec.project.name,
      path: relative(import.meta.dirname, spec.moduleId)
        .split(sep)
        .join('/'),
    }))
    return inOrder(files).map(({ spec }) => spec)
  }
}

export default defineConfig({
  test: {
    // Most of the time tests wait for processes, sockets and windows: a worker per core would leave half of each idle.
    maxWorkers: Math.max(3, availableParallelism() - 1),
    sequence: { sequencer: Ordered },
    projects: [
      project('unit', ['**/*.test.ts'], 20, ['**/*.{io,redis,browser,types}.test.ts', 'test/**']),
      project('types', ['**/*.types.test.ts'], 180),
      project('io', ['**/*.io.test.ts'], 90),
      project('redis', ['**/*.redis.test.ts'], 90),
      project('browser', ['**/*.browser.test.ts'], 120),
      project('system', ['test/*.test.ts'], 120),
    ],
  },
})
