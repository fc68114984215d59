/** Six kinds of tests by file name: pure, types, with sockets or processes, with Redis, with a browser, the whole system. */
import { availableParallelism } from 'node:os'
import { configDefaults, defineConfig, type TestProjectInlineConfiguration } from 'vitest/config'

const outside = [...configDefaults.exclude, '.weir/**']

function project(name: string, include: string[], seconds: number, exclude: string[] = []) {
  return {
    test: {
      name,
      include,
      exclude: [...outside, ...exclude],
      testTimeout: seconds * 1000,
      hookTimeout: Math.max(30, seconds) * 1000,
      // Children and sockets belong to one file each; what is pure needs no walls, and is much faster without.
      pool: 'forks',
      isolate: name !== 'unit',
    },
  } satisfies TestProjectInlineConfiguration
}

export default defineConfig({
  test: {
    // Most of the time tests wait for processes, sockets and windows: on two cores one worker alone would idle.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    projects: [
      project('unit', ['**/*.test.ts'], 20, ['**/*.{io,redis,browser,types}.test.ts', 'test/**']),
      project('types', ['**/*.types.test.ts'], 60),
      project('io', ['**/*.io.test.ts'], 30),
      project('redis', ['**/*.redis.test.ts'], 30),
      project('browser', ['**/*.browser.test.ts'], 60),
      project('system', ['test/*.test.ts'], 120),
    ],
  },
})
