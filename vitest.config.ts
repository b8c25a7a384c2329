import { defineConfig } from 'vitest/config'
import { ClosingLine } from './scripts/closing-line.ts'

const aside = ['**/node_modules/**', '**/dist/**', '**/*.slow.test.ts']
const ofPackage = (name: string) => ({
  extends: true as const,
  test: { name, include: [`packages/${name}/**/*.test.ts`], exclude: aside },
})

// vitest takes its configuration from the default export: the one place where there is one.
export default defineConfig({
  test: {
    passWithNoTests: true,
    testTimeout: 30_000, // a loaded machine is no failure
    hookTimeout: 60_000,
    reporters: ['default', new ClosingLine()],
    coverage: { include: ['packages/*/src/**/*.ts'], thresholds: { lines: 90, '**/core/**': { lines: 100 } } },
    projects: [
      ...['protocol', 'agent', 'coordinator', 'cli'].map(ofPackage),
      {
        extends: true,
        test: {
          name: 'kit',
          include: ['{test/kit,test/contracts,test/scenarios,test/docs,scripts,deploy,bench}/**/*.test.ts'],
          exclude: aside,
        },
      },
      {
        extends: true, // real hosts: they want root and come after all the rest; two labs at a time, each in networks of its own
        test: {
          name: 'lab',
          include: ['test/lab/**/*.test.ts'],
          exclude: aside,
          maxWorkers: 2,
          testTimeout: 300_000,
          hookTimeout: 300_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true, // the long matrices: only by `npm run test:slow`
        test: {
          name: 'slow',
          include: ['**/*.slow.test.ts'],
          exclude: ['**/node_modules/**', '**/dist/**'],
          fileParallelism: false,
          maxWorkers: 1,
          testTimeout: 1_800_000,
          hookTimeout: 600_000,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
})
