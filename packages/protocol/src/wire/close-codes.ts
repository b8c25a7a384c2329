/** WebSocket close codes that Drover sends itself; 1002 and 1009 come from the WebSocket layer below. */
export const CLOSE = {
  malformed: 4400,
  badSignature: 4401,
  refused: 4403,
  timeout: 4408,
  superseded: 4409,
  tooLarge: 4413,
  version: 4426,
  rate: 4429,
  internal: 4500,
} as const

/** One of the numbers of `CLOSE`. */
export type CloseCode = (typeof CLOSE)[keyof typeof CLOSE]
