import type { Reporter, TestModule } from 'vitest/node'

/** A vitest reporter whose last line is `N passed, N failed, N skipped`; `todo` counts as skipped. */
export class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly unknown[]): void {
    const count = { passed: 0, failed: unhandled.length, skipped: 0, pending: 0 }
    for (const module of modules) {
      let own = 0
      for (const test of module.children.allTests()) {
        count[test.result().state]++
        own++
      }
      if (module.state() === 'failed' && own === 0) count.failed++ // a file that did not load
    }
    console.log(`\n${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`)
  }
}
