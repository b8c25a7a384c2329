/** A clock that moves only when it is told to; milliseconds. */
export type TestClock = { readonly now: () => number; readonly advance: (ms: number) => void }

/** A clock that begins in the middle of 2026. */
export const createTestClock = (begin = 1_780_000_000_000): TestClock => {
  let at = begin
  return {
    now: () => at,
    advance: (ms) => {
      at += ms
    },
  }
}
