/** What systemd says of a unit; numbers that it does not know are 0. */
export type UnitState = {
  readonly loadState: string
  readonly activeState: string
  readonly subState: string
  readonly restarts: number
}

/** Properties to ask `systemctl show` for. */
export const UNIT_PROPERTIES = 'LoadState,ActiveState,SubState,NRestarts'

/** Reads the `Key=value` lines of `systemctl show`. */
export const parseSystemctlShow = (text: string): UnitState => {
  const pairs = new Map(text.split('\n').map((line) => splitOnce(line)))
  return {
    loadState: pairs.get('LoadState') ?? 'not-found',
    activeState: pairs.get('ActiveState') ?? 'inactive',
    subState: pairs.get('SubState') ?? 'dead',
    restarts: Number(pairs.get('NRestarts') ?? 0) || 0,
  }
}

const splitOnce = (line: string): readonly [string, string] => {
  const at = line.indexOf('=')
  return at < 0 ? [line, ''] : [line.slice(0, at), line.slice(at + 1)]
}
