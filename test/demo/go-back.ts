import { print, title } from './print.ts'
import { kubectl, type Stage } from './stage.ts'

const NAMED = ['-n', 'default', 'get', 'configmaps', '-o', 'name'] as const

/** Third chapter: a snapshot, an accident, and the way back. */
export const goBack = async (stage: Stage): Promise<void> => {
  const { drover, clock } = stage
  const LONG = { timeoutMs: 900_000 }
  title('kubectl create configmap dear; drover snapshot now home')
  print(await kubectl(stage, '-n', 'default', 'create', 'configmap', 'dear', '--from-literal=word=kept'))
  print(await clock.time('snapshot', () => drover.must(['snapshot', 'now', 'home'], LONG)))
  print(await drover.must(['get', 'snapshots']))
  title('kubectl delete configmap dear: an accident')
  print(await kubectl(stage, '-n', 'default', 'delete', 'configmap', 'dear'))
  print(await kubectl(stage, ...NAMED))
  title('drover restore home --latest')
  print(await clock.time('restore', () => drover.must(['restore', 'home', '--latest', '--confirm', 'home', '--wait'], LONG)))
  title('kubectl get configmaps')
  const names = await kubectl(stage, ...NAMED)
  print(names)
  if (!names.includes('configmap/dear')) throw new Error('what was deleted has not come back')
}
